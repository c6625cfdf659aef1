import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Puts a file in place whole: whoever reads it, and whatever happens meanwhile, there are
 * either the old bytes under that name or the new ones. Returns when they are on disk.
 * Two writers of one name at the same time must not use this.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.part`;
  try {
    await synced(unfinished, "w", (file) => file.writeFile(bytes));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  // The new name is the folder's content.
  await synced(dirname(path), "r");
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function synced(
  path: string,
  mode: "w" | "r",
  use: (file: FileHandle) => Promise<void> = async () => {},
): Promise<void> {
  const file = await open(path, mode);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
