import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { replaceFile, syncFolder } from "@groundswell/onnx";

/** What a reference in the registry names. */
export interface ArtifactRef {
  /** Hexadecimal. */
  sha256: string;
  bytes: number;
}

/** Files under the name of their content, a folder for each project. They are written whole and never changed. */
export interface ArtifactStore {
  /** Returns after the bytes are on disk. Putting the same bytes again is cheap, also at the same time. */
  put: (projectId: string, content: Uint8Array) => Promise<ArtifactRef>;
  /** @throws ArtifactMissing, or ArtifactCorrupt where the content is not what its name says */
  get: (projectId: string, sha256: string) => Promise<Buffer>;
  /** Whoever calls this knows that nothing refers to it any more. */
  remove: (projectId: string, sha256: string) => Promise<void>;
}

export class ArtifactMissing extends Error {
  override readonly name = "ArtifactMissing";
  readonly code = "ARTIFACT_MISSING";
}

export class ArtifactCorrupt extends Error {
  override readonly name = "ArtifactCorrupt";
  readonly code = "ARTIFACT_CORRUPT";
}

const hashOf = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Keeps artifacts at `<folder>/<project>/<first two digits>/<sha256>`. */
export function openArtifactStore(folder: string): ArtifactStore {
  const pathOf = (projectId: string, sha256: string) => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new ArtifactMissing(`"${sha256}" is no SHA-256`);
    if (!/^[\w-]{1,64}$/.test(projectId)) throw new ArtifactMissing(`"${projectId}" is no project`);
    return join(folder, projectId, sha256.slice(0, 2), sha256);
  };

  return {
    async put(projectId, content) {
      const ref = { sha256: hashOf(content), bytes: content.length };
      const path = pathOf(projectId, ref.sha256);
      if (await holds(path, ref)) return ref;
      await makeFolder(dirname(path));
      await replaceFile(path, content);
      return ref;
    },
    async get(projectId, sha256) {
      const content = await readFile(pathOf(projectId, sha256)).catch((cause: unknown) => {
        throw isMissing(cause) ? new ArtifactMissing(`No artifact ${sha256}`, { cause }) : cause;
      });
      const found = hashOf(content);
      if (found !== sha256)
        throw new ArtifactCorrupt(
          `Artifact ${sha256} has ${content.length} bytes that hash to ${found}`,
        );
      return content;
    },
    async remove(projectId, sha256) {
      await rm(pathOf(projectId, sha256), { force: true });
    },
  };
}

const isMissing = (error: unknown) =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Read back, not only looked at: a damaged file is written anew by whoever has the content. */
async function holds(path: string, { sha256, bytes }: ArtifactRef): Promise<boolean> {
  try {
    if ((await stat(path)).size !== bytes) return false;
    return hashOf(await readFile(path)) === sha256;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // The new folders' own names, from the innermost one's parent up to what was there before.
  for (let at = dirname(folder); at.length >= dirname(first).length; at = dirname(at)) {
    await syncFolder(at);
    if (at === dirname(at)) break;
  }
}
