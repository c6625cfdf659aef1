import { once } from "node:events";
import { createInterface } from "node:readline";

import type { Account, BareRoot } from "./bare-root.ts";

const PNPM = "npx -y pnpm@12.21.0";
/** A machine that takes longer than that hangs. */
const START_WITHIN_MS = 300_000;
const TESTS_WITHIN_MS = 1_800_000;

/**
 * The README's first command, up to the end of its story, and Ctrl-C.
 *
 * @returns what went wrong
 */
export async function runStart(root: BareRoot, account: Account): Promise<string | undefined> {
  // A process group of its own, to which the line on standard input is what Ctrl-C is to a terminal's.
  const line = `set -m; ${PNPM} start & read -r; kill -INT -- -$!; wait $!`;
  const heard = await run(root, account, {
    line,
    withinMs: START_WITHIN_MS,
    interruptAt: /^Up after /,
  });
  if (!heard.includes("Up after")) return "it did not come up";
  if (!heard.includes("is the champion now")) return "its story was not told to the end";
  return heard.includes("Stopped.") ? undefined : "Ctrl-C did not stop it";
}

/**
 * The README's second command.
 *
 * @returns what went wrong
 */
export function runTests(root: BareRoot, account: Account): Promise<string | undefined> {
  return test(root, account, "");
}

/** What of the tests depends most on the machine: servers, processes, libraries, a browser. */
const SOME = [
  "packages/local",
  "packages/db",
  "scripts",
  "examples",
  "test/browser",
  "test/faults",
];

/**
 * The README's second command on a part of the tests, for CI: all of them have run beside this.
 *
 * @returns what went wrong
 */
export function runSomeTests(root: BareRoot, account: Account): Promise<string | undefined> {
  return test(root, account, SOME.join(" "));
}

async function test(root: BareRoot, account: Account, files: string): Promise<string | undefined> {
  const line = `CI=1 ${PNPM} test ${files}; echo "ended: $?"`;
  const heard = await run(root, account, { line, withinMs: TESTS_WITHIN_MS });
  return heard.includes("ended: 0") ? undefined : "a test failed";
}

interface Running {
  line: string;
  withinMs: number;
  /** What is said when it may be interrupted. */
  interruptAt?: RegExp;
}

async function run(root: BareRoot, account: Account, running: Running): Promise<string> {
  const child = root.spawn(running.line, account);
  const timer = setTimeout(() => child.kill("SIGKILL"), running.withinMs);
  const heard: string[] = [];
  if (child.stdout)
    for await (const line of createInterface({ input: child.stdout })) {
      console.log(`  ${line}`);
      heard.push(line);
      if (running.interruptAt?.test(line)) child.stdin?.write("\n");
    }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  clearTimeout(timer);
  return heard.join("\n");
}
