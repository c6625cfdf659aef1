import { type ChildProcess, fork } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface SuperviseOptions {
  /** For people. */
  name: string;
  /** The program; it runs on the Node.js of this process. */
  file: string;
  env: Record<string, string | undefined>;
  /** Its output is appended here. */
  logFile: string;
  /** URL that answers 2xx when the program is ready. */
  ready: string;
  readyWithinMs?: number;
  /** Wait before the first restart; doubles with each, up to `mostRestartDelayMs`. */
  restartDelayMs?: number;
  mostRestartDelayMs?: number;
  /** A program that was ready for this long is restarted without back-off again. */
  steadyAfterMs?: number;
  /** How long it may drain on `stop`. */
  stopWithinMs?: number;
}

export interface SupervisorEvents {
  /** The process ended without having been told to. */
  ended: [{ name: string; code: number | null; signal: NodeJS.Signals | null }];
  /** It is ready again; `times` counts its restarts. */
  restarted: [{ name: string; times: number; downMs: number }];
}

export interface Supervised {
  name: string;
  /** Of the process that runs now, if one does. */
  pid: () => number | undefined;
  events: EventEmitter<SupervisorEvents>;
  /** SIGTERM, time to drain, SIGKILL. */
  stop: () => Promise<void>;
}

/**
 * Runs a service as a process of its own and starts it again whenever it ends. Should this
 * process be killed, the service notices by its channel and drains (`end-with-parent.ts`).
 *
 * @throws where the program ends, or does not get ready, at its first start
 */
export async function supervise(options: SuperviseOptions): Promise<Supervised> {
  const { name } = options;
  const events = new EventEmitter<SupervisorEvents>();
  const stopping = new AbortController();
  let child = spawnService(options);
  try {
    await becomesReady(child, options, stopping.signal);
  } catch (error) {
    await endService(child, 0);
    throw error;
  }

  const watch = async () => {
    for (let times = 0, failures = 0; !stopping.signal.aborted;) {
      const began = performance.now();
      const [code, signal] = await ended(child);
      if (stopping.signal.aborted) return;
      const fell = performance.now();
      events.emit("ended", { name, code, signal });
      failures = fell - began > (options.steadyAfterMs ?? 30_000) ? 0 : failures;
      await delay(backOff(options, failures), undefined, { signal: stopping.signal });
      failures += 1;
      child = spawnService(options);
      if (!(await isReadyAgain(child, options, stopping.signal))) continue;
      times += 1;
      events.emit("restarted", { name, times, downMs: performance.now() - fell });
    }
  };
  // Only an abort interrupts the watch: it is how `stop` ends a wait for the next restart.
  const watching = watch().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    name,
    pid: () => (isAlive(child) ? child.pid : undefined),
    events,
    stop: async () => {
      stopping.abort();
      await endService(child, options.stopWithinMs ?? 10_000);
      await watching;
    },
  };
}

function backOff(
  { restartDelayMs = 100, mostRestartDelayMs = 10_000 }: SuperviseOptions,
  n: number,
) {
  return Math.min(restartDelayMs * 2 ** n, mostRestartDelayMs);
}

function spawnService({ file, env, logFile }: SuperviseOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, "a", 0o600);
  try {
    return fork(file, {
      execArgv: ["--import", new URL("end-with-parent.ts", import.meta.url).href],
      env,
      stdio: ["ignore", log, log, "ipc"],
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops things in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** Also ends what the process had started itself and can no longer wait for. */
async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  if (isAlive(child)) await once(child, "exit");
  killGroup(child);
  return [child.exitCode, child.signalCode];
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nobody is left in the group
  }
}

async function endService(child: ChildProcess, withinMs: number): Promise<void> {
  const force = setTimeout(() => killGroup(child), withinMs);
  if (withinMs > 0) child.kill("SIGTERM");
  await ended(child);
  clearTimeout(force);
}

async function isReadyAgain(
  child: ChildProcess,
  options: SuperviseOptions,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await becomesReady(child, options, signal);
    return true;
  } catch {
    // It ended, or hangs: end it, and the watch starts the next. Its log has the reason.
    if (!signal.aborted) killGroup(child);
    return false;
  }
}

async function becomesReady(
  child: ChildProcess,
  { name, ready, logFile, readyWithinMs = 60_000 }: SuperviseOptions,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const answered = await answersOk(ready, signal);
    if (!isAlive(child)) throw new Error(`${name} ended while starting:\n${logTail(logFile)}`);
    if (answered) return;
    if (performance.now() > deadline)
      throw new Error(`${name} did not get ready:\n${logTail(logFile)}`);
    await delay(30, undefined, { signal });
  }
}

async function answersOk(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const timeout = AbortSignal.timeout(2_000);
    const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // nobody listens yet
  }
}

function logTail(file: string): string {
  return readFileSync(file, "utf8").slice(-3000);
}
