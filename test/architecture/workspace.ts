import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Package, Workspace } from "./rules.ts";

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const PACKAGES = [
  "package.json",
  "{packages,services,examples}/*/package.json",
  "services/console/web/package.json",
  "{scripts,bench,test}/package.json",
];

/** The workspace as it lies on disk. */
export function readWorkspace(root: string): Workspace {
  const exclude = ["**/node_modules/**", "**/dist/**"];
  const files = globSync("{packages,services,examples,scripts,bench,test}/**/*.{ts,tsx}", {
    cwd: root,
    exclude,
  });
  return {
    packages: globSync(PACKAGES, { cwd: root, exclude }).map((file) => readPackage(root, file)),
    files: files.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
  };
}

function readPackage(root: string, file: string): Package {
  const manifest = JSON.parse(readFileSync(join(root, file), "utf8")) as Manifest;
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return { folder: dirname(file), name: manifest.name, declared };
}
