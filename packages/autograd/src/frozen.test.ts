import { tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { normal, zeros } from "./initialisers.ts";
import { meanSquared } from "./losses.ts";
import { adam } from "./optimisers.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

/** y = (x·base)·head, of which the base stays, and a mean of what comes in is kept beside it. */
const step = trainStep({
  parameters: [
    { name: "base", shape: [3, 4], initial: normal(0.5), frozen: true },
    { name: "head", shape: [4, 2], initial: normal(0.5) },
    { name: "mean", shape: [3], initial: zeros },
  ],
  batch: [
    { name: "x", dtype: "float32", shape: ["N", 3] },
    { name: "y", dtype: "float32", shape: ["N", 2] },
  ],
  build: (g, { base, head, mean }, { x, y }) => ({
    loss: meanSquared(g, g.gemm(g.gemm(g.sub(x, mean), base), head), y),
    tracked: { mean: g.add(g.mul(mean, 0.9), g.mul(g.reduceMean(x, { axes: [0] }), 0.1)) },
  }),
  optimiser: adam(),
});
const start = initialState(step, 3);
const ROWS = 6;
const x = Float32Array.from({ length: ROWS * 3 }, (_, k) => Math.sin(k));
const y = Float32Array.from({ length: ROWS * 2 }, (_, k) => Math.cos(k));
const rows = (data: Float32Array<ArrayBuffer>, dims: readonly number[]) =>
  tensor("float32", dims, data);

test("frozen parameters stay, and have no optimiser state", () => {
  const trainer = openTrainer(step, start, { mode: "one" });
  for (let i = 0; i < 5; i++) trainer.step({ x: rows(x, [ROWS, 3]), y: rows(y, [ROWS, 2]) }, 0.05);
  const { base, head } = trainer.parameters();
  trainer.close();
  expect(base).toEqual(start.values["base"]);
  expect(head).not.toEqual(start.values["head"]);
  expect(step.state.map(({ name }) => name)).toEqual(["head", "head.m", "head.v", "mean"]);
});

test("a tracked parameter becomes what the step says", () => {
  const trainer = openTrainer(step, start, { mode: "one" });
  trainer.step({ x: rows(x, [ROWS, 3]), y: rows(y, [ROWS, 2]) }, 0.05);
  const means = [0, 1, 2].map((j) => {
    const column = x.filter((_, k) => k % 3 === j);
    return column.reduce((sum, value) => sum + value, 0) / ROWS / 10;
  });
  for (const [j, mean] of (trainer.parameters()["mean"] ?? []).entries())
    expect(mean).toBeCloseTo(means[j] ?? 0, 6);
  trainer.close();
});

test("one step a run, many, and an epoch go to the same bits", () => {
  const rates = [0.05, 0.04, 0.03];
  const one = openTrainer(step, start, { mode: "one" });
  for (const [k, rate] of rates.entries()) {
    const part = { x: x.slice(k * 6, k * 6 + 6), y: y.slice(k * 4, k * 4 + 4) };
    one.step({ x: rows(part.x, [2, 3]), y: rows(part.y, [2, 2]) }, rate);
  }
  const many = openTrainer(step, start, { mode: "many" });
  many.steps({ x: rows(x, [3, 2, 3]), y: rows(y, [3, 2, 2]) }, rates);
  const epoch = openTrainer(step, start, { mode: "epoch" });
  const indices = BigInt64Array.from({ length: ROWS }, (_, k) => BigInt(k));
  epoch.epoch({ x: rows(x, [ROWS, 3]), y: rows(y, [ROWS, 2]) }, indices, rates);
  expect(many.state()).toEqual(one.state());
  expect(epoch.state()).toEqual(one.state());
  for (const trainer of [one, many, epoch]) trainer.close();
});
