import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";

import type { Account } from "./account.ts";
import { endLeftBehind } from "./left-behind.ts";
import { isRunning, type ProcessIdentity, processStart } from "./process-identity.ts";

/** One life of a server. */
export interface ServerProcess {
  /** Resolves when it has ended, whatever ended it. */
  ended: Promise<void>;
  /** Ends the server in its orderly way and waits for it. */
  stop: () => Promise<void>;
}

export interface ServerOptions {
  file: string;
  args: string[];
  /** Working directory; files beside it are `<record>.log` and `<record>.pid`. */
  cwd: string;
  env: Record<string, string | undefined>;
  account?: Account | undefined;
  /** Path without extension of the log and of the note about the running process. */
  record: string;
  /** What the server takes as "finish and end", and what as "end now". */
  signals: { stop: "INT" | "TERM"; force: "SIGQUIT" | "SIGKILL" };
  /** Throws or answers false until the server answers. */
  ready: () => Promise<boolean>;
  readyWithinMs?: number;
  stopWithinMs?: number;
}

/**
 * The shell between us and the server ends it when our end of its standard input closes,
 * so that even a SIGKILL of this process leaves no orphan. It has a process group of its
 * own: Ctrl-C reaches only us, and the server is stopped after everything has drained.
 */
const WATCH = `
exec 4<&0
"$@" 3>&- 4<&- </dev/null &
server=$!
echo $server >&3
exec 3>&-
( cat <&4 >/dev/null 2>&1; kill -$STOP_SIGNAL $server 2>/dev/null ) >/dev/null 2>&1 &
exec 4<&-
wait $server`;

/**
 * Starts a server and waits until it answers.
 *
 * @throws where it ends before, or `signal` says that it is wanted no more
 */
export async function startServer(
  options: ServerOptions,
  signal?: AbortSignal,
): Promise<ServerProcess> {
  await predecessorEnded(options.record);
  endLeftBehind(options);
  const { child, pid } = launch(options);
  const running = { ended: false };
  const end = new Promise<void>((resolve) => {
    const ended = () => {
      running.ended = true;
      child.stdin?.destroy(); // ends the watcher, which waits on it
      resolve();
    };
    child.once("error", ended);
    child.once("exit", ended);
  });
  const server = identify(Number(await pid));
  if (server) writeFileSync(`${options.record}.pid`, JSON.stringify(server));

  const stop = async () => {
    child.ref();
    child.stdin?.end();
    if (!(await within(end, options.stopWithinMs ?? 60_000)) && server && isRunning(server))
      process.kill(server.pid, options.signals.force);
    await end;
    rmSync(`${options.record}.pid`, { force: true });
  };

  const deadline = performance.now() + (options.readyWithinMs ?? 60_000);
  // A refused connection is the expected answer of a server that is still starting.
  while (!(await options.ready().catch(() => false))) {
    if (running.ended || signal?.aborted || performance.now() > deadline) {
      await stop();
      signal?.throwIfAborted();
      throw new Error(`${options.file} did not start:\n${logTail(options.record)}`);
    }
    await delay(20);
  }
  // The servers alone must not keep this process alive.
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { ended: end, stop };
}

/** A port of the loopback interface that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port to be had");
  return address.port;
}

/** Runs `start` again where another process took the free port before the server could. */
export async function onFreePort<T>(start: (port: number) => Promise<T>, tries = 3): Promise<T> {
  try {
    return await start(await freePort());
  } catch (error) {
    if (tries > 1 && /address already in use/i.test(String(error)))
      return onFreePort(start, tries - 1);
    throw error;
  }
}

function launch(options: ServerOptions): { child: ChildProcess; pid: Promise<string> } {
  const log = openLog(`${options.record}.log`);
  try {
    const child = spawn("/bin/sh", ["-c", WATCH, "sh", options.file, ...options.args], {
      cwd: options.cwd,
      env: { ...options.env, STOP_SIGNAL: options.signals.stop },
      // The server writes its log by itself: a pipe would be gone when we are killed.
      stdio: ["pipe", log, log, "pipe"],
      detached: true,
      ...(options.account && { uid: options.account.uid, gid: options.account.gid }),
    });
    // Writing to a shell that ended already: its exit says so.
    child.stdin?.on("error", () => {});
    const pipe = child.stdio[3];
    return { child, pid: pipe instanceof Socket ? text(pipe) : Promise.resolve("") };
  } finally {
    closeSync(log);
  }
}

const MOST_LOG_BYTES = 16 * 2 ** 20;

function openLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  return openSync(file, size > MOST_LOG_BYTES ? "w" : "a", 0o600);
}

const TOLD_LINES = 12;

/** What the server said last. */
function logTail(record: string): string {
  const lines = readFileSync(`${record}.log`, "utf8").slice(-3_000).trimEnd().split("\n");
  return lines.slice(-TOLD_LINES).join("\n");
}

function identify(pid: number): ProcessIdentity | undefined {
  const started = pid > 0 ? processStart(pid) : undefined;
  return started === undefined ? undefined : { pid, started };
}

/** A killed owner's server needs a moment to end; two on the same data would ruin it. */
async function predecessorEnded(record: string, withinMs = 60_000): Promise<void> {
  let note: string;
  try {
    note = readFileSync(`${record}.pid`, "utf8");
  } catch {
    return; // the last one was stopped in good order, or there was none
  }
  const predecessor = JSON.parse(note) as ProcessIdentity;
  const deadline = performance.now() + withinMs;
  while (isRunning(predecessor)) {
    if (performance.now() > deadline)
      throw new Error(`process ${predecessor.pid} of a killed run still uses ${record}`);
    await delay(50);
  }
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false);
  const done = await Promise.race([promise.then(() => true), late]);
  timer.abort();
  return done;
}
