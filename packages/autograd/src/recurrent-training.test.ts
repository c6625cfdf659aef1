import { tensor, zeros } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { uniform } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { adam } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const [STEPS, ROWS, TIME, FEATURES, HIDDEN, CLASSES] = [4, 6, 5, 3, 4, 2];

/** A bidirectional LSTM over sequences, [batch, time, features] as a data set has them. */
const step = trainStep({
  parameters: [
    { name: "w", shape: [2, 4 * HIDDEN, FEATURES], initial: uniform(0.5) },
    { name: "r", shape: [2, 4 * HIDDEN, HIDDEN], initial: uniform(0.5) },
    { name: "b", shape: [2, 8 * HIDDEN], initial: uniform(0.5) },
    { name: "head", shape: [2 * HIDDEN, CLASSES], initial: uniform(0.5) },
  ],
  batch: [
    { name: "x", dtype: "float32", shape: ["N", TIME, FEATURES] },
    { name: "y", dtype: "float32", shape: ["N", CLASSES] },
  ],
  build(g, { w, r, b, head }, { x, y }) {
    const states = g.lstm(
      { x: g.transpose(x, [1, 0, 2]), w, r, b },
      { direction: "bidirectional" },
    );
    const last = g.transpose(states.hidden, [1, 0, 2]);
    return { loss: crossEntropy(g, g.matmul(g.reshape(last, ["N", 2 * HIDDEN]), head), y) };
  },
  optimiser: adam(),
});

const stream = randomStream(5);
const draw = (dims: readonly number[], salt: number): Tensor<"float32"> =>
  tensor(
    "float32",
    dims,
    zeros("float32", dims).data.map((_, k) => stream.uniform(k, salt)),
  );

const dataset = { x: draw([STEPS * ROWS, TIME, FEATURES], 1), y: draw([STEPS * ROWS, CLASSES], 2) };
const rates = Array.from({ length: STEPS }, () => 0.05);
const start = initialState(step, 3);

function slice(value: Tensor<"float32">, first: number, count: number): Tensor<"float32"> {
  const [, ...rest] = value.dims;
  const size = rest.reduce((a, b) => a * b, 1);
  const data = value.data.slice(first * size, (first + count) * size);
  return tensor("float32", [count, ...rest], data);
}

test("a recurrent layer trains the same one step a run, many steps a run, and in an epoch", () => {
  const one = openTrainer(step, start, { mode: "one" });
  const losses = rates.map((rate, k) =>
    one.step({ x: slice(dataset.x, k * ROWS, ROWS), y: slice(dataset.y, k * ROWS, ROWS) }, rate),
  );
  const many = openTrainer(step, start, { mode: "many" });
  const batches = Object.fromEntries(
    Object.entries(dataset).map(([name, { dims, data }]) => [
      name,
      tensor("float32", [STEPS, ROWS, ...dims.slice(1)], data),
    ]),
  );
  const epoch = openTrainer(step, start, { mode: "epoch" });
  const indices = BigInt64Array.from({ length: STEPS * ROWS }, (_, k) => BigInt(k));

  const expected = losses.map((loss): unknown => expect.closeTo(loss, 5));
  expect([...many.steps(batches, rates)]).toEqual(expected);
  expect([...epoch.epoch(dataset, indices, rates)]).toEqual(expected);
  const weights = Object.entries(one.parameters());
  for (const trainer of [many, epoch]) {
    const others = trainer.parameters();
    for (const [name, values] of weights) {
      expect([...others[name]!]).toEqual([...values].map((v): unknown => expect.closeTo(v, 5)));
    }
  }
  for (const trainer of [one, many, epoch]) trainer.close();
  expect(losses.at(-1)).not.toBe(losses[0]);
});
