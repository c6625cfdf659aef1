/**
 * `pnpm fuzz:onnx [--mutants 10000] [--seed 1] [--only n] [--control-flow] [--corpus folder]`
 *
 * Puts mutants of valid ONNX files through `checkUntrusted`, and those that pass through the
 * sandbox: loaded, and run once. Prints how they ended; exits 1 where the check did anything
 * else than take or refuse one, the sandbox broke, or a step took more than its limit.
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

import { isolationHere } from "../src/untrusted/index.ts";
import { mutantOf } from "../src/untrusted/mutants.ts";
import { createTrials, type Outcome, STEP_MS } from "./trials.ts";

const { values } = parseArgs({
  options: {
    mutants: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    corpus: { type: "string" },
    "control-flow": { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const count = Number(values.mutants);
const folder = values.corpus ?? resolve(import.meta.dirname, "../../autograd/test-data");
const corpus = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".onnx"))
  .toSorted()
  .map((file) => new Uint8Array(readFileSync(resolve(folder, file))));

const isolation = await isolationHere();
for (const [kind, { holds, detail }] of Object.entries(isolation)) {
  console.log(`${holds ? "✓" : "✗"} ${kind.padEnd(8)} ${detail}`);
}
const trials = createTrials({
  controlFlow: values["control-flow"],
  withoutNetwork: isolation.network.holds,
});
const outcomes: Outcome[] = [];
const numbers =
  values.only === undefined ? Array.from({ length: count }, (_, i) => i) : [Number(values.only)];
const began = performance.now();
for (const number of numbers) {
  const mutant = mutantOf(corpus, seed, number);
  const outcome = await trials.of(mutant);
  outcomes.push(outcome);
  if (outcome.notable) {
    console.log(`mutant ${number} (${mutant.mutation}): ${outcome.end}: ${outcome.detail}`);
  }
}
const { sandboxes, mostMemoryBytes } = await trials.close();

const tally = Map.groupBy(outcomes, ({ end }) => end);
console.log(`\n${"end".padEnd(34)}${"mutants".padStart(8)}${"slowest, ms".padStart(13)}`);
for (const [end, those] of [...tally].toSorted(([, a], [, b]) => b.length - a.length)) {
  const slowest = those.reduce((most, { ms }) => Math.max(most, ms), 0);
  console.log(
    `${end.padEnd(34)}${String(those.length).padStart(8)}${slowest.toFixed(0).padStart(13)}`,
  );
}
const seconds = (performance.now() - began) / 1_000;
const own = process.resourceUsage().maxRSS / 1_024;
console.log(
  `\n${outcomes.length} mutants of ${corpus.length} files, seed ${seed}, in ${seconds.toFixed(0)} s. ` +
    `${sandboxes} sandboxes, most resident memory ${(mostMemoryBytes / 2 ** 20).toFixed(0)} MiB; ` +
    `this process ${own.toFixed(0)} MiB.`,
);
const slow = outcomes.filter(({ ms }) => ms > STEP_MS + 1_000).length;
const broken = outcomes.filter(({ failed }) => failed).length;
if (slow + broken > 0)
  console.log(`${broken} broke the check or the sandbox, ${slow} took too long`);
process.exitCode = slow + broken > 0 ? 1 : 0;
