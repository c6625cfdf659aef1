import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";

import type { SandboxLimits } from "./limits.ts";

/** Which ways of keeping a process apart are asked for when it is started. */
export interface Confinement extends Pick<SandboxLimits, "memoryBytes" | "cpuSeconds"> {
  /** A network namespace of its own, with nothing in it. */
  readonly withoutNetwork: boolean;
}

// No core files, no writing of files at all, few descriptors; then the limits that are asked
// for. CPU time has its hard limit a second later, so that the signal tells what happened
// (SIGXCPU). Memory is limited as private writable memory (-d), not as address space: V8
// reserves ten gigabytes of addresses that it never uses.
const LIMITED = `
  ulimit -c 0 && ulimit -f 0 && ulimit -n 64 &&
  ulimit -S -t "$1" && ulimit -H -t $(($1 + 1)) && ulimit -d "$2" &&
  shift 2 && exec "$@"`;

/** Keeps the user's id, and so gives the process no capabilities in its namespace unless it had them. */
const WITHOUT_NETWORK = ["unshare", "--map-current-user", "--net", "--"];

/** Of what a process may print before it is taken for noise. */
const STDERR_KEPT = 4_096;

export interface Launched {
  readonly process: ChildProcess;
  /** The last that it printed to stderr. */
  readonly stderr: () => string;
}

/**
 * Starts a TypeScript program of this package under limits: in the root folder, with nothing
 * of this process's environment, requests on descriptor 0 and answers on 3. Each link of the
 * chain (sh, unshare, node) replaces the one before: the process id is node's own.
 */
export function launch(program: URL, args: readonly string[], confinement: Confinement): Launched {
  const { memoryBytes, cpuSeconds, withoutNetwork } = confinement;
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      LIMITED,
      "sh",
      String(Math.ceil(cpuSeconds)),
      String(Math.floor(memoryBytes / 1024)),
      ...(withoutNetwork ? WITHOUT_NETWORK : []),
      execPath,
      // Nothing here needs warnings, and stderr is kept for what matters.
      "--no-warnings",
      fileURLToPath(program),
      ...args,
    ],
    { cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdio: ["pipe", "ignore", "pipe", "pipe"] },
  );
  let kept = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    kept = (kept + text).slice(-STDERR_KEPT);
  });
  // Its end is told by "exit"; writing to one that is gone is not an error of its own.
  child.stdin?.on("error", () => {});
  return { process: child, stderr: () => kept };
}
