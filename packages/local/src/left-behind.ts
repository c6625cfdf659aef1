import { readdirSync, readlinkSync, realpathSync } from "node:fs";

/**
 * Ends what a killed server left running on its data: a PostgreSQL backend that computes notices the
 * end of its postmaster only when it is done, and no other server is let in before. Only where there
 * is a /proc to find it in; elsewhere it is waited for.
 */
export function endLeftBehind({ file, cwd }: { file: string; cwd: string }): void {
  if (process.platform !== "linux") return;
  const program = realpathSync(file);
  const folder = realpathSync(cwd);
  for (const pid of readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number))
    if (linkOf(pid, "cwd") === folder && linkOf(pid, "exe") === program) end(pid);
}

function linkOf(pid: number, name: "cwd" | "exe"): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined; // it has ended, or is another user's
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: it has ended meanwhile
  }
}
