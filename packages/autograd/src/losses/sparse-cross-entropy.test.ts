import { dataOf, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { GraphError } from "../errors.ts";
import { evaluate } from "../gradcheck.ts";
import { gradient } from "../gradient.ts";
import { createGraph } from "../graph.ts";
import { sequenceLogProbability, sparseCrossEntropy } from "./sparse-cross-entropy.ts";
import type { SparseCrossEntropyOptions } from "./sparse-cross-entropy.ts";

const IGNORED = -100;
const CLASSES = 3;
const logits = [
  [1, 2, 3],
  [0, 1, 0],
  [9, 9, 8],
  [-1, 0.5, 2],
];
const classes = [2, 0, IGNORED, 1];

/** PyTorch's documentation of CrossEntropyLoss, number by number. */
function formula(rows: typeof logits, smoothing: number, weights: readonly number[]): number {
  let [lost, total] = [0, 0];
  for (const [i, row] of rows.entries()) {
    const wanted = classes[i] ?? IGNORED;
    if (wanted === IGNORED) continue;
    const norm = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
    const cost = (k: number): number => (weights[k] ?? 0) * (norm - (row[k] ?? 0));
    lost += (1 - smoothing) * cost(wanted);
    for (let k = 0; k < CLASSES; k++) lost += (smoothing / CLASSES) * cost(k);
    total += weights[wanted] ?? 0;
  }
  return lost / total;
}

function compute(
  classesOf: readonly number[],
  options: Omit<SparseCrossEntropyOptions, "classWeights">,
  weights?: readonly number[],
) {
  const g = createGraph();
  const z = g.input("z", "float32", ["N", CLASSES]);
  const c = g.input("c", "int64", ["N"]);
  const classWeights = weights && g.constant(weights, "float32");
  const given = classWeights === undefined ? options : { ...options, classWeights };
  const loss = sparseCrossEntropy(g, z, c, given);
  const [slope = loss] = gradient(g, loss, [z]);
  const answered = evaluate(
    g,
    [z, c],
    {
      z: tensor("float32", [logits.length, CLASSES], Float32Array.from(logits.flat())),
      c: tensor("int64", [classesOf.length], BigInt64Array.from(classesOf, BigInt)),
    },
    { loss, slope },
  );
  return {
    loss: dataOf(answered["loss"], "float32")[0],
    slope: dataOf(answered["slope"], "float32"),
  };
}

/** `torch` is what torch.nn.functional.cross_entropy answers in float64. */
test.each([
  { smoothing: 0, weights: undefined, torch: 1.2334539 },
  { smoothing: 0.1, weights: undefined, torch: 1.2556762 },
  { smoothing: 0, weights: [1, 0.2, 3], torch: 0.7434583 },
  { smoothing: 0.3, weights: [1, 0.2, 3], torch: 0.8666474 },
])("smoothing $smoothing, weights $weights", ({ smoothing, weights, torch }) => {
  const each = weights ?? [1, 1, 1];
  const { loss, slope } = compute(classes, { smoothing }, weights);
  expect(loss).toBeCloseTo(torch, 5);
  expect(formula(logits, smoothing, each)).toBeCloseTo(torch, 6);
  for (const [k, value] of slope.entries()) {
    const moved = (by: number): typeof logits =>
      logits.map((row, i) => row.map((z, j) => (i * CLASSES + j === k ? z + by : z)));
    const rise = formula(moved(1e-4), smoothing, each) - formula(moved(-1e-4), smoothing, each);
    expect(value).toBeCloseTo(rise / 2e-4, 4);
  }
});

test("where nothing counts the loss is 0, and its slope too", () => {
  const { loss, slope } = compute([7, 7, 7, 7], { ignored: 7 });
  expect(loss).toBe(0);
  expect([...slope].every((value) => value === 0)).toBe(true);
});

test("the log-probability of a sequence is the sum over its places", () => {
  const g = createGraph();
  const z = g.input("z", "float32", ["N", 2, CLASSES]);
  const c = g.input("c", "int64", ["N", 2]);
  const answered = evaluate(
    g,
    [z, c],
    {
      z: tensor("float32", [2, 2, CLASSES], Float32Array.from(logits.flat())),
      c: tensor("int64", [2, 2], BigInt64Array.from(classes, BigInt)),
    },
    { sums: sequenceLogProbability(g, z, c) },
  );
  const log = (i: number): number => {
    const row = logits[i] ?? [];
    return (row[classes[i] ?? 0] ?? 0) - Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
  };
  const [first, second] = dataOf(answered["sums"], "float32");
  expect(first).toBeCloseTo(log(0) + log(1), 5);
  expect(second).toBeCloseTo(log(3), 5);
});

test("classes of another rank are refused", () => {
  const g = createGraph();
  const z = g.input("z", "float32", ["N", CLASSES]);
  const c = g.input("c", "int64", ["N", CLASSES]);
  expect(() => sparseCrossEntropy(g, z, c)).toThrow(GraphError);
});
