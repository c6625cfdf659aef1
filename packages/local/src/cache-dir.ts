import { chmodSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

import type { Account } from "./account.ts";

type Environment = Record<string, string | undefined>;

/**
 * The folder with everything that the embedded servers keep on disk, made if missing:
 * `GROUNDSWELL_CACHE_DIR`, or `/var/cache/groundswell` for root, or
 * `~/.cache/groundswell`. As root it has to be one that the account of the servers can
 * enter; a checkout in a private home folder (mode 0700) is not.
 */
export function openCacheDir(env: Environment, account: Account | undefined): string {
  const dir = resolve(env["GROUNDSWELL_CACHE_DIR"] || defaultCacheDir(env, account !== undefined));
  try {
    makeOpenFolder(dir);
  } catch (cause) {
    throw new Error(`can't make ${dir}: set GROUNDSWELL_CACHE_DIR to a folder that can be made`, {
      cause,
    });
  }
  const closed = account && closedTo(account, dir);
  if (closed)
    throw new Error(
      `the account ${account.name}, which runs PostgreSQL, can't enter ${closed}: set GROUNDSWELL_CACHE_DIR to a folder that everybody can enter`,
    );
  return dir;
}

/** Makes a folder that everybody may enter, whatever the umask is. */
export function makeOpenFolder(dir: string): void {
  if (mkdirSync(dir, { recursive: true }) !== undefined) chmodSync(dir, 0o755);
}

function defaultCacheDir(env: Environment, root: boolean): string {
  if (root) return "/var/cache/groundswell";
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "groundswell");
}

/** The first folder on the way down to `dir` that the account can't enter. */
export function closedTo(account: Account, dir: string): string | undefined {
  const parent = dirname(dir);
  const above = parent === dir ? undefined : closedTo(account, parent);
  if (above) return above;
  const { mode, uid, gid } = statSync(dir);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return mode & bit ? undefined : dir;
}
