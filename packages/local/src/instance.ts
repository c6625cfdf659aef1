import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { makeOpenFolder } from "./cache-dir.ts";
import { claimFolder, ownerOf } from "./owner-file.ts";
import { thisProcess } from "./process-identity.ts";

/** A folder for the data of one running system, owned by this process alone. */
export interface Instance {
  dir: string;
  /** Gives the folder up; a throw-away one is removed. */
  release: () => void;
}

interface InstanceOptions {
  cacheDir: string;
  /** Folder of the checkout: two clones never share data. */
  checkout: string;
  name: string;
  /** Keeps the data for the next run of this name. */
  durable: boolean;
}

/** @throws where a running process owns the durable instance of this name already */
export function claimInstance({ cacheDir, checkout, name, durable }: InstanceOptions): Instance {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/.test(name))
    throw new Error(
      `"${name}" can't name an instance: use up to 40 letters, digits, - and _ (GROUNDSWELL_INSTANCE)`,
    );
  const instances = join(cacheDir, "instances");
  makeOpenFolder(instances);
  const key = keyOf(checkout);
  removeAbandoned(instances, `${key}-tmp-`);
  return durable
    ? claimDurable(durableFolder({ cacheDir, checkout, name }), name)
    : claimThrowaway(
        instances,
        `${key}-tmp-${name}-${process.pid}-${randomBytes(3).toString("hex")}`,
      );
}

/** Where a durable instance lies, whether it runs or not. */
export const durableFolder = ({ cacheDir, checkout, name }: Omit<InstanceOptions, "durable">) =>
  join(cacheDir, "instances", `${keyOf(checkout)}-${name}`);

const keyOf = (checkout: string) =>
  createHash("sha256").update(realpathSync(checkout)).digest("hex").slice(0, 12);

function claimDurable(dir: string, name: string): Instance {
  makeOpenFolder(dir);
  const claim = claimFolder(dir, thisProcess());
  if (claim.taken)
    throw new Error(
      `"${name}" of this checkout runs already, as process ${claim.owner.pid}: stop it, or set GROUNDSWELL_INSTANCE to another name to run a second one beside it`,
    );
  return { dir, release: claim.release };
}

/** The folder appears under its name with its owner in it, so that no sweep takes it for abandoned. */
function claimThrowaway(instances: string, id: string): Instance {
  const draft = mkdtempSync(join(instances, "new-"));
  chmodSync(draft, 0o755);
  claimFolder(draft, thisProcess());
  const dir = join(instances, id);
  renameSync(draft, dir);
  return { dir, release: () => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Removes throw-away instances whose owner was killed before it could. */
function removeAbandoned(instances: string, prefix: string): void {
  for (const name of readdirSync(instances)) {
    if (!name.startsWith(prefix)) continue;
    const dir = join(instances, name);
    try {
      if (ownerOf(dir) === undefined) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      // Its owner, or another sweep, is removing it at this moment.
      if (!["ENOENT", "ENOTEMPTY"].includes((error as NodeJS.ErrnoException).code ?? ""))
        throw error;
    }
  }
}
