import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What one round of a contender took, per step. */
export interface Round {
  wallMs: number;
  /** Of all its threads. */
  cpuMs: number;
  /** Mean of its losses, of those that say it. */
  loss?: number;
}

/** A process that trains one case and is told when to go on. */
export interface Contender {
  readonly name: string;
  /** Runs this many steps; answers what one of them took. */
  round(steps: number): Promise<Round>;
  /** Peak memory since its start, MB. */
  peakMb(): number;
  close(): Promise<void>;
}

/**
 * Starts a contender and waits until it is warm. It answers each line "<steps>" with one
 * line of JSON, after a first line that says it is ready.
 * @throws Error where the process ends before it is ready; what it said on stderr is the message
 */
export async function openContender(
  name: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Contender> {
  const child = spawn(command, args, { env: { ...process.env, ...env } });
  const answers = answersOf(child);
  await answers.next();
  return {
    name,
    async round(steps) {
      child.stdin.write(`${steps}\n`);
      return JSON.parse(await answers.next()) as Round;
    },
    peakMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    async close() {
      const ended = new Promise((done) => child.once("exit", done));
      child.stdin.end();
      await ended;
    },
  };
}

function answersOf(child: ChildProcessWithoutNullStreams): { next(): Promise<string> } {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return {
    async next() {
      const line = await lines.next();
      if (line.done === true) throw new Error(errors.trim() || "It ended without a word");
      return line.value;
    },
  };
}

/**
 * Answers rounds on this process's own stdin: the other end of `openContender`. `runSteps` may
 * answer the mean of their losses.
 */
export async function serveRounds(runSteps: (steps: number) => number | void): Promise<void> {
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    const steps = Number(line);
    const cpuBefore = process.cpuUsage();
    const before = performance.now();
    const loss = runSteps(steps);
    const wallMs = (performance.now() - before) / steps;
    const { user, system } = process.cpuUsage(cpuBefore);
    console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 / steps, loss }));
  }
}
