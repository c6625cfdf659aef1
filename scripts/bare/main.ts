/**
 * `pnpm test:bare`: the README's two commands in a Debian that has nothing but Node 20 and npm. Each
 * root file system is made anew and removed afterwards. `pnpm test:bare trixie:user:test` does one of
 * the steps; `--all` does both commands, whole, in every suite and as either account.
 */
import { resolve } from "node:path";

import { duration } from "../start/wording.ts";
import { type Account, makeBareRoot, type Suite, SUITES } from "./bare-root.ts";
import { runSomeTests, runStart, runTests } from "./commands.ts";
import { describeMachine, whyNot } from "./machine.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const COMMANDS = { start: runStart, test: runTests, "some-tests": runSomeTests };
type Command = keyof typeof COMMANDS;

interface Step {
  suite: Suite;
  account: Account;
  command: Command;
}

/** Each suite, each account and each command once, in some minutes. */
const USUAL = ["trixie:user:start", "trixie:user:some-tests", "bookworm:root:start"];

const steps = wanted(process.argv.slice(2));
const reason = whyNot();
if (reason) console.log(`test:bare is skipped: ${reason}`);
else await runAll(steps);

function wanted(args: readonly string[]): Step[] {
  const all = SUITES.flatMap((suite) =>
    (["user", "root"] as const).flatMap((account) =>
      (["start", "test", "some-tests"] as const).map((command) => ({ suite, account, command })),
    ),
  );
  if (args.includes("--all")) return all.filter(({ command }) => command !== "some-tests");
  const names = args.length > 0 ? args : USUAL;
  return names.map((name) => {
    const step = all.find((one) => nameOf(one) === name);
    if (step) return step;
    console.error(`there is no step ${name}: there are ${all.map(nameOf).join(", ")}`);
    process.exit(2);
  });
}

function nameOf({ suite, account, command }: Step): string {
  return `${suite}:${account}:${command}`;
}

async function runAll(wantedSteps: readonly Step[]): Promise<void> {
  const machine = describeMachine(process.env);
  const results: string[] = [];
  for (const suite of SUITES) {
    const ofSuite = wantedSteps.filter((step) => step.suite === suite);
    if (ofSuite.length === 0) continue;
    console.log(`\n── a bare ${suite} ──`);
    const root = makeBareRoot(suite, machine, CHECKOUT);
    try {
      for (const step of ofSuite) {
        console.log(`\n── ${nameOf(step)} ──`);
        const began = performance.now();
        const problem = await COMMANDS[step.command](root, step.account);
        const took = duration(performance.now() - began);
        results.push(
          `${problem ? "✗" : "✓"} ${nameOf(step)} ${took}${problem ? `: ${problem}` : ""}`,
        );
      }
    } finally {
      root.remove();
    }
  }
  console.log(`\n${results.join("\n")}`);
  process.exitCode = results.some((line) => line.startsWith("✗")) ? 1 : 0;
}
