import { readFileSync } from "node:fs";

/** The user and group that a server runs as, where it may not run as ours. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * PostgreSQL refuses to run as root, and initdb wants an account that exists:
 * as root it runs as `postgres` or `nobody`, otherwise as ourselves (`undefined`).
 */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = accounts.find((fields) => fields[0] === name) ?? [];
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    "PostgreSQL can't run as root, and there is no account `postgres` or `nobody` to run it: set DATABASE_URL",
  );
}
