import { randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { isRunning, type ProcessIdentity } from "./process-identity.ts";

export type Claim =
  | { taken: false; release: () => void }
  /** Another process that is still running owns the folder. */
  | { taken: true; owner: ProcessIdentity };

/**
 * Makes a process the only owner of a folder. Owners are numbered files, `owner.1`,
 * `owner.2` …; the greatest counts. A dead owner is never removed but outnumbered: of
 * two processes that both find `owner.4` dead, only one can create `owner.5`, where
 * removing the dead file would let the slower one remove the winner's.
 */
export function claimFolder(folder: string, self: ProcessIdentity): Claim {
  for (;;) {
    const latest = latestOwner(folder);
    if (latest.owner && isRunning(latest.owner)) return { taken: true, owner: latest.owner };
    const number = latest.number + 1;
    if (!createWhole(ownerFile(folder, number), JSON.stringify(self))) continue;
    // A claimer that slept between reading and creating may find itself outnumbered.
    if (latestOwner(folder).number > number) {
      rmSync(ownerFile(folder, number), { force: true });
      continue;
    }
    removeOutnumbered(folder, number);
    return { taken: false, release: () => releaseOwner(folder, number) };
  }
}

/** The running owner of a folder, if there is one. */
export function ownerOf(folder: string): ProcessIdentity | undefined {
  const { owner } = latestOwner(folder);
  return owner && isRunning(owner) ? owner : undefined;
}

const ownerFile = (folder: string, number: number) => join(folder, `owner.${number}`);

function ownerNumbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const match = /^owner\.(\d+)$/.exec(name);
    return match ? [Number(match[1])] : [];
  });
}

function latestOwner(folder: string): { number: number; owner: ProcessIdentity | undefined } {
  const number = Math.max(0, ...ownerNumbers(folder));
  if (number === 0) return { number, owner: undefined };
  try {
    const text = readFileSync(ownerFile(folder, number), "utf8");
    return { number, owner: text === "" ? undefined : (JSON.parse(text) as ProcessIdentity) };
  } catch (error) {
    // Outnumbered and removed between the listing and the read: look again.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return latestOwner(folder);
    throw error;
  }
}

/** Creates a file with its whole content, or answers false where it exists. */
function createWhole(file: string, content: string): boolean {
  const draft = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, content, { flag: "wx" });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function removeOutnumbered(folder: string, number: number): void {
  for (const old of ownerNumbers(folder))
    if (old < number) rmSync(ownerFile(folder, old), { force: true });
}

/** The number stays taken, so that numbers only ever grow. */
function releaseOwner(folder: string, number: number): void {
  const draft = join(folder, `released.${randomBytes(4).toString("hex")}`);
  writeFileSync(draft, "");
  renameSync(draft, ownerFile(folder, number));
}
