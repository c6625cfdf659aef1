import { tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { normal } from "./initialisers.ts";
import { adagrad, adam, sgd } from "./optimisers.ts";
import type { Optimiser } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const SIZE = 4;
const STEPS = 25;
const rate = (t: number): number => 0.1 / Math.sqrt(t);

/** What torch.optim does with one number, in float64. */
type Reference = () => (w: number, gradient: number, rate: number, t: number) => number;

const references: readonly [Optimiser, Reference][] = [
  [sgd(), () => (w, gradient, learningRate) => w - learningRate * gradient],
  [
    adagrad(),
    () => {
      let sum = 0;
      return (w, gradient, learningRate) => {
        sum += gradient ** 2;
        return w - (learningRate * gradient) / (Math.sqrt(sum) + 1e-10);
      };
    },
  ],
  [
    adam({ beta1: 0.8, beta2: 0.99, epsilon: 1e-3 }),
    () => {
      let [m, v] = [0, 0];
      return (w, gradient, learningRate, t) => {
        m = 0.8 * m + 0.2 * gradient;
        v = 0.99 * v + 0.01 * gradient ** 2;
        const corrected = Math.sqrt(v) / Math.sqrt(1 - 0.99 ** t) + 1e-3;
        return w - ((learningRate / (1 - 0.8 ** t)) * m) / corrected;
      };
    },
  ],
];

test.each(references)("$name does what PyTorch does", (optimiser, reference) => {
  const stream = randomStream(2);
  const step = trainStep({
    parameters: [{ name: "w", shape: [SIZE], initial: normal(1) }],
    batch: [{ name: "x", dtype: "float32", shape: [SIZE] }],
    // The slope of w is x.
    build: (g, { w }, { x }) => ({ loss: g.reduceSum(g.mul(w, x)) }),
    optimiser,
  });
  const start = initialState(step, 1);
  const trainer = openTrainer(step, start, { mode: "one" });
  const expected = Array.from(start.values["w"] ?? []);
  const update = expected.map(() => reference());
  for (let t = 1; t <= STEPS; t++) {
    const slopes = Float32Array.from({ length: SIZE }, (_, i) => stream.normal(i, t));
    trainer.step({ x: tensor("float32", [SIZE], slopes) }, rate(t));
    for (const [i, w] of expected.entries()) {
      expected[i] = update[i]?.(w, slopes[i] ?? 0, rate(t), t) ?? Number.NaN;
    }
  }
  const trained = trainer.parameters()["w"] ?? [];
  trainer.close();
  expect(trainer.t).toBe(STEPS);
  for (const [i, w] of expected.entries()) expect(trained[i]).toBeCloseTo(w, 5);
});

test("a zero slope changes nothing under adagrad, even at the first step", () => {
  const step = trainStep({
    parameters: [{ name: "w", shape: [SIZE], initial: normal(1) }],
    batch: [{ name: "x", dtype: "float32", shape: [SIZE] }],
    build: (g, { w }, { x }) => ({ loss: g.reduceSum(g.mul(w, x)) }),
    optimiser: adagrad(),
  });
  const start = initialState(step, 1);
  const trainer = openTrainer(step, start, { mode: "one" });
  trainer.step({ x: tensor("float32", [SIZE], new Float32Array(SIZE)) }, 0.1);
  expect(trainer.parameters()["w"]).toEqual(start.values["w"]);
  trainer.close();
});
