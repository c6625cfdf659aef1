import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";

import { launch } from "./launch.ts";
import type { Confinement } from "./launch.ts";
import { DEFAULT_LIMITS } from "./limits.ts";

/** What a sandbox on this machine is kept from. */
export type IsolationKind = "memory" | "cpu" | "wall" | "network";

export interface Isolation {
  readonly holds: boolean;
  /** What was tried and what came of it, one line. */
  readonly detail: string;
}

export type IsolationReport = Readonly<Record<IsolationKind, Isolation>>;

const PROBE = new URL("./probe.ts", import.meta.url);

const MIB = 2 ** 20;

/** The attempts get this far beyond what they are allowed before they count as got away. */
const CPU_ATTEMPT_MS = 15_000;
const WALL_LIMIT_MS = 1_000;

/** A process that does nothing has ended by then, even on a busy machine. */
const PATIENCE_MS = 30_000;

/**
 * Tries on this machine what a sandboxed model must not be able to do: hold more memory than
 * it may, compute for longer, never answer, reach a port of this machine. Takes a second or
 * two; starts four processes, which are gone when it answers.
 */
export async function testIsolation(): Promise<IsolationReport> {
  const [memory, cpu, wall, network] = await Promise.all([
    testMemory(),
    testCpu(),
    testWall(),
    testNetwork(),
  ]);
  return { memory, cpu, wall, network };
}

let known: Promise<IsolationReport> | undefined;

/** The self-test's answer, found once in the life of a process: it is about the machine. */
export function isolationHere(): Promise<IsolationReport> {
  known ??= testIsolation();
  return known;
}

interface Attempt {
  readonly gotAway: boolean;
  /** How the process ended, e.g. "SIGXCPU" or "exit code 0". */
  readonly end: string;
  /** It came to the point where it tries. */
  readonly started: boolean;
}

const FREE: Confinement = {
  memoryBytes: DEFAULT_LIMITS.memoryBytes,
  cpuSeconds: 60,
  withoutNetwork: false,
};

async function attempt(
  what: IsolationKind,
  number: number,
  confinement: Confinement,
  killAfterMs: number = PATIENCE_MS,
): Promise<Attempt> {
  const { process: child } = launch(PROBE, [what, String(number)], confinement);
  let said = "";
  const output = child.stdio[3];
  if (output instanceof Readable) {
    output.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(0, 100)));
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    const end = signal ?? `exit code ${code}`;
    // sh answers 126 and 127 for a program that it can't run, 2 for a limit that it can't set,
    // unshare 1 for a namespace that it isn't given; Node.js aborts where it can't go on.
    return { gotAway: said.includes("got away"), end, started: signal !== null || code === 0 };
  } catch (error) {
    // There is no /bin/sh: nothing was tried, and nothing holds.
    return { gotAway: true, end: String(error), started: false };
  } finally {
    clearTimeout(timer);
  }
}

async function testMemory(): Promise<Isolation> {
  const memoryBytes = 1024 * MIB;
  const { gotAway, end } = await attempt("memory", memoryBytes, { ...FREE, memoryBytes });
  // Without a limit so low it must be able to: else its end says nothing.
  const free = await attempt("memory", memoryBytes, FREE);
  const holds = !gotAway && free.gotAway;
  const detail = `A process limited to ${memoryBytes} bytes ${gotAway ? "took" : "couldn't take"} more (${end})`;
  return { holds, detail };
}

async function testCpu(): Promise<Isolation> {
  const { gotAway, end } = await attempt("cpu", CPU_ATTEMPT_MS, { ...FREE, cpuSeconds: 1 });
  const holds = !gotAway && end === "SIGXCPU";
  return { holds, detail: `A process limited to 1 s of CPU time ended with ${end}` };
}

async function testWall(): Promise<Isolation> {
  const { gotAway, end } = await attempt("wall", PATIENCE_MS, FREE, WALL_LIMIT_MS);
  const holds = !gotAway && end === "SIGKILL";
  return { holds, detail: `A process killed after ${WALL_LIMIT_MS} ms ended with ${end}` };
}

async function testNetwork(): Promise<Isolation> {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const outside = await attempt("network", port, FREE);
    const inside = await attempt("network", port, { ...FREE, withoutNetwork: true });
    const holds = outside.gotAway && inside.started && !inside.gotAway;
    const reached = inside.gotAway ? "reached" : "didn't reach";
    const detail = inside.started
      ? `A process in a network namespace of its own ${reached} a port of this machine`
      : `No network namespace for an ordinary user here (${inside.end})`;
    return { holds, detail };
  } finally {
    server.close();
  }
}
