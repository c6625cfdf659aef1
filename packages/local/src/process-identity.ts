import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  pid: number;
  /** Opaque; differs between two processes that ever had the same pid. */
  started: string;
}

/** When a running process started, or `undefined` where there is no such process. */
export function processStart(pid: number): string | undefined {
  return process.platform === "linux" ? startFromProc(pid) : startFromPs(pid);
}

export function thisProcess(): ProcessIdentity {
  const started = processStart(process.pid);
  if (started === undefined) throw new Error("this process is missing from the process table");
  return { pid: process.pid, started };
}

export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return processStart(pid) === started;
}

function startFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // no such process
  }
  // proc(5): the name in parentheses may hold spaces and parentheses itself. After it
  // come the state (field 3) and, at field 22, the start in clock ticks since boot.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, ticks] = [fields[0], fields[19]];
  // A zombie has ended; it only waits for its parent to take notice.
  if (state === "Z" || state === "X" || ticks === undefined) return undefined;
  return `${bootId()}:${ticks}`;
}

/** Ticks since boot repeat after a reboot: the boot's id tells them apart. */
function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function startFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
    return line.trim() || undefined;
  } catch {
    return undefined; // ps exits 1 where there is no such process
  }
}
