import { tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { openAccumulatingTrainer } from "./accumulating-trainer.ts";
import { initialState } from "./dense-state.ts";
import { normal } from "./initialisers.ts";
import { meanSquared } from "./losses.ts";
import { adam, clipByNorm, sgd } from "./optimisers.ts";
import type { GradientTransform, Optimiser } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const stepWith = (optimiser: Optimiser, gradients?: GradientTransform) =>
  trainStep({
    ...(gradients && { gradients }),
    parameters: [
      { name: "base", shape: [3, 4], initial: normal(1), frozen: true },
      { name: "w", shape: [4, 2], initial: normal(1) },
      { name: "b", shape: [2], initial: normal(1) },
    ],
    batch: [
      { name: "x", dtype: "float32", shape: ["N", 3] },
      { name: "y", dtype: "float32", shape: ["N", 2] },
    ],
    build: (g, { base, w, b }, { x, y }) => ({
      loss: meanSquared(g, g.gemm(g.gemm(x, base), w, b), y),
    }),
    optimiser,
  });

const random = randomStream(8);
const draws = (count: number, of: number) =>
  Float32Array.from({ length: count }, (_, k) => random.normal(k, of));
const [xs, ys] = [draws(24, 0), draws(16, 1)];

/** Eight examples in parts of this size: [8 / size, size, …]. */
const inParts = (size: number) => ({
  x: tensor("float32", [8 / size, size, 3], xs),
  y: tensor("float32", [8 / size, size, 2], ys),
});
const whole = { x: tensor("float32", [8, 3], xs), y: tensor("float32", [8, 2], ys) };

test.each([
  ["as they are", stepWith(adam())],
  // Descent at a fixed rate shows lengths, which Adam hides.
  ["clipped as a whole", stepWith(sgd(), clipByNorm(0.1))],
])("parts add up to the update of the whole batch, gradients %s", (_, step) => {
  const start = initialState(step, 1);
  const big = openTrainer(step, start, { mode: "one" });
  const parts = openAccumulatingTrainer(step, start);
  for (let t = 0; t < 5; t++) {
    const loss = big.step(whole, 0.1);
    const losses = [...parts.add(inParts(2))];
    parts.update(0.1);
    expect(losses.reduce((sum, value) => sum + value, 0) / 4).toBeCloseTo(loss, 5);
  }
  const [wanted, got] = [big.parameters(), parts.parameters()];
  for (const [name, values] of Object.entries(wanted))
    for (const [k, value] of values.entries()) expect(got[name]?.[k]).toBeCloseTo(value, 4);
  expect(parts.t).toBe(5);
  big.close();
  parts.close();
});

test("it doesn't matter in how many calls they are added", () => {
  const step = stepWith(sgd());
  const start = initialState(step, 1);
  const results = [
    [inParts(1)],
    [0, 4].map((from) => ({
      x: tensor("float32", [4, 1, 3], xs.slice(from * 3, from * 3 + 12)),
      y: tensor("float32", [4, 1, 2], ys.slice(from * 2, from * 2 + 8)),
    })),
  ].map((calls) => {
    const trainer = openAccumulatingTrainer(step, start);
    for (const call of calls) trainer.add(call);
    trainer.update(0.1);
    const { values } = trainer.state();
    trainer.close();
    return values;
  });
  expect(results[1]).toEqual(results[0]);
});

test("one example moves the weights by no more than what it is clipped to", () => {
  const step = stepWith(sgd());
  const start = initialState(step, 1);
  const far = {
    x: tensor(
      "float32",
      [1, 1, 3],
      xs.slice(0, 3).map((v) => v * 1e3),
    ),
    y: tensor("float32", [1, 1, 2], ys.slice(0, 2)),
  };
  const trainer = openAccumulatingTrainer(step, start, { clip: 0.5 });
  trainer.add(far);
  trainer.update(1, 1);
  const moved = Object.entries(trainer.parameters()).flatMap(([name, values]) =>
    Array.from(values, (value, k) => value - (start.values[name]?.[k] ?? 0)),
  );
  expect(Math.hypot(...moved)).toBeCloseTo(0.5, 4);
  trainer.close();
});

test("noise has the deviation it should, and comes again with its seed", () => {
  const step = stepWith(sgd());
  const start = initialState(step, 1);
  const run = (seed: number): number[] => {
    const options = { clip: 1, noise: { multiplier: 3, seed } };
    const trainer = openAccumulatingTrainer(step, start, options);
    const moves: number[] = [];
    for (let t = 0; t < 60; t++) {
      const before = trainer.parameters();
      // No slope: what moves is the noise alone.
      trainer.add({
        x: tensor("float32", [1, 1, 3], new Float32Array(3)),
        y: tensor("float32", [1, 1, 2], before["b"]!.slice()),
      });
      trainer.update(1, 1);
      const after = trainer.parameters();
      for (const name of ["w", "b"])
        moves.push(...Array.from(after[name]!, (value, k) => value - before[name]![k]!));
    }
    trainer.close();
    return moves;
  };
  const moves = run(4);
  const deviation = Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0) / moves.length);
  expect(deviation / 3).toBeCloseTo(1, 1);
  expect(run(4)).toEqual(moves);
  expect(run(5)).not.toEqual(moves);
});

test("noise without a length to measure it in, and an update of nothing, are refused", () => {
  const step = stepWith(sgd());
  const start = initialState(step, 1);
  expect(() => openAccumulatingTrainer(step, start, { noise: { multiplier: 1, seed: 1 } })).toThrow(
    /needs clip/,
  );
  const trainer = openAccumulatingTrainer(step, start);
  expect(() => trainer.update(0.1)).toThrow(/Nothing was added/);
  trainer.close();
});
