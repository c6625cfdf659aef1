/** What a folder may import of this workspace: modules, and of `types` only with `import type`. */
export interface Row {
  may: readonly string[];
  types?: readonly string[];
}

const libraries = [
  "packages/contracts",
  "packages/bootstrap",
  "packages/onnx",
  "packages/feedback",
  "packages/queue",
  "packages/autograd",
  "packages/training",
  "packages/models",
  "packages/db",
  "packages/local",
];

const rows: Record<string, Row> = {
  "packages/contracts": { may: [] },
  "packages/bootstrap": { may: ["packages/contracts"] },
  "packages/onnx": { may: [] },
  "packages/local": { may: ["packages/contracts"] },
  "packages/feedback": { may: ["packages/contracts"] },
  "packages/queue": { may: ["packages/contracts"] },
  "packages/autograd": { may: ["packages/onnx"] },
  "packages/training": { may: ["packages/autograd", "packages/onnx", "packages/contracts"] },
  "packages/models": { may: ["packages/onnx", "packages/contracts"] },
  "packages/db": {
    may: ["packages/contracts"],
    types: ["packages/feedback", "packages/training", "packages/models", "packages/queue"],
  },
  // The dashboard runs in a browser and speaks HTTP.
  "services/console/web": { may: ["packages/contracts"] },
};

/** Folders that tie everything together. */
const free = ["scripts", "bench", "test"];

/** `"all"`: no restriction; `undefined`: the folder has no row, and is to get one. */
export function rowOf(folder: string): Row | "all" | undefined {
  if (free.includes(folder)) return "all";
  if (rows[folder]) return rows[folder];
  if (folder.startsWith("services/")) return { may: libraries };
  // A stranger's apps, and the crowd of users that they are played by.
  if (folder.startsWith("examples/")) return { may: ["packages/contracts", "examples/crowd"] };
  return undefined;
}

/** Third-party packages that one folder guards. */
export const soleImporters: Record<string, string> = {
  "onnxruntime-node": "packages/onnx",
  "drizzle-orm": "packages/db",
};

/** Where SQL may stand: `packages/local` makes and drops whole databases, and knows no table. */
export const sqlFolders = ["packages/db", "packages/local", "test", "bench"];

/** Where the environment may be read: once, at the edge. */
export function mayReadEnvironment(folder: string, file: string): boolean {
  if (["scripts", "bench", "test", "packages/local"].includes(folder)) return true;
  if (folder.startsWith("examples/")) return true;
  return folder.startsWith("services/") && /\/src\/(config|main)\.ts$/.test(file);
}
