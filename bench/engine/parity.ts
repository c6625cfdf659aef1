import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";

import { openTrainer, trainStep } from "@groundswell/autograd";
import { dataOf } from "@groundswell/onnx";

import { CASES, PARITY_CASES, type TrainingCase } from "./cases.ts";
import { firstState, readResult, writeCase } from "./exchange.ts";

const STEPS = 20;
const LOSS_TOLERANCE = 1e-5;
const PARAMETER_TOLERANCE = 1e-4;

const HELP = `Trains ${STEPS} steps here and in PyTorch, from the same weights on the same batches.

  PYTHON=… pnpm parity [case…]

Cases: ${Object.keys(PARITY_CASES).join(", ")} (default: all)

Losses must agree within ${LOSS_TOLERANCE} (relative), parameters within ${PARAMETER_TOLERANCE}. PYTHON names a Python
with torch and numpy (default: python3).`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { help: { type: "boolean", default: false } },
});

interface Comparison {
  /** Largest relative difference of a loss. */
  readonly loss: number;
  /** Largest difference of a parameter, and which has it. */
  readonly parameter: number;
  readonly worst: string;
  /** How far training moved any parameter. */
  readonly moved: number;
}

function compare(name: string): Comparison {
  const parityCase: TrainingCase | undefined = PARITY_CASES[name] ?? CASES[name];
  if (parityCase === undefined) throw new RangeError(`No case "${name}"`);
  const training = parityCase.training();
  const step = trainStep(training.step);
  const batches = Array.from({ length: STEPS }, (_, i) => training.batch(i + 1));
  const folder = writeCase(parityCase, step, batches);
  try {
    const python = process.env["PYTHON"] ?? "python3";
    execFileSync(python, [`${import.meta.dirname}/peer.py`, "parity", folder], {
      stdio: ["ignore", "inherit", "pipe"],
    });
    const theirs = readResult(folder);
    const start = firstState(step);
    const trainer = openTrainer(step, start, { mode: "one" });
    const losses = batches.map((batch) => trainer.step(batch, parityCase.learningRate));
    const ours = trainer.parameters();
    trainer.close();

    const theirLosses = dataOf(theirs["losses"], "float32");
    const loss = Math.max(
      ...losses.map(
        (value, i) => Math.abs(value - (theirLosses[i] ?? Number.NaN)) / Math.abs(value),
      ),
    );
    const compared = Object.entries(ours).filter(
      ([parameter]) => !parityCase.unstable?.(parameter),
    );
    const differences = compared.map(([parameter, values]) => ({
      parameter,
      difference: furthest(values, dataOf(theirs[parameter], "float32")),
    }));
    const [worst] = differences.toSorted((a, b) => b.difference - a.difference);
    const moved = Math.max(
      ...compared.map(([parameter, values]) => furthest(values, start.values[parameter] ?? [])),
    );
    return { loss, parameter: worst?.difference ?? 0, worst: worst?.parameter ?? "", moved };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function furthest(a: Float32Array, b: ArrayLike<number>): number {
  let most = 0;
  for (const [i, value] of a.entries()) {
    const difference = Math.abs(value - (b[i] ?? Number.NaN));
    if (!(difference <= most)) most = difference;
  }
  return most;
}

if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const wanted = positionals.length > 0 ? positionals : Object.keys(PARITY_CASES);
let failed = 0;
console.log(
  `${"case".padEnd(14)}${"loss".padStart(10)}${"parameter".padStart(12)}${"moved".padStart(10)}`,
);
for (const name of wanted) {
  const { loss, parameter, worst, moved } = compare(name);
  const passed = loss <= LOSS_TOLERANCE && parameter <= PARAMETER_TOLERANCE;
  if (!passed) failed += 1;
  const figures = [loss, parameter, moved].map((value) => value.toExponential(1));
  console.log(
    `${name.padEnd(14)}${figures[0]?.padStart(10)}${figures[1]?.padStart(12)}${figures[2]?.padStart(10)}  ${passed ? "ok" : "FAILED"}  ${worst}`,
  );
}
process.exit(failed > 0 ? 1 : 0);
