import { tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { normal } from "./initialisers.ts";
import {
  adagrad,
  adam,
  adamW,
  clipByNorm,
  clipByValue,
  cosineDecay,
  ftrl,
  oneCycle,
  rmsProp,
  sgd,
  warmUp,
} from "./optimisers.ts";
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
  [
    sgd({ momentum: 0.9, weightDecay: 0.1 }),
    () => {
      let v = 0;
      return (w, gradient, learningRate) => {
        v = 0.9 * v + gradient + 0.1 * w;
        return w - learningRate * v;
      };
    },
  ],
  [
    sgd({ momentum: 0.8, nesterov: true }),
    () => {
      let v = 0;
      return (w, gradient, learningRate) => {
        v = 0.8 * v + gradient;
        return w - learningRate * (gradient + 0.8 * v);
      };
    },
  ],
  [
    rmsProp({ alpha: 0.9, epsilon: 1e-3 }),
    () => {
      let s = 0;
      return (w, gradient, learningRate) => {
        s = 0.9 * s + 0.1 * gradient ** 2;
        return w - (learningRate * gradient) / (Math.sqrt(s) + 1e-3);
      };
    },
  ],
  [
    adamW({ beta1: 0.8, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.3 }),
    () => {
      let [m, v] = [0, 0];
      return (before, gradient, learningRate, t) => {
        const w = before * (1 - learningRate * 0.3);
        m = 0.8 * m + 0.2 * gradient;
        v = 0.99 * v + 0.01 * gradient ** 2;
        const corrected = Math.sqrt(v) / Math.sqrt(1 - 0.99 ** t) + 1e-3;
        return w - ((learningRate / (1 - 0.8 ** t)) * m) / corrected;
      };
    },
  ],
  [
    ftrl({ beta: 1, lambda1: 0.05, lambda2: 0.1 }),
    () => {
      let [z, n] = [0, 0];
      return (w, gradient, alpha) => {
        const sigma = (Math.sqrt(n + gradient ** 2) - Math.sqrt(n)) / alpha;
        z += gradient - sigma * w;
        n += gradient ** 2;
        if (Math.abs(z) <= 0.05) return 0;
        return -(z - Math.sign(z) * 0.05) / ((1 + Math.sqrt(n)) / alpha + 0.1);
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

/** Where one step of plain descent at rate 1 goes from zero, for these slopes. */
function descended(
  slopes: Record<string, number[]>,
  gradients: Parameters<typeof trainStep>[0]["gradients"],
) {
  const names = Object.keys(slopes);
  const step = trainStep({
    parameters: names.map((name) => ({ name, shape: [2], initial: () => new Float32Array(2) })),
    batch: names.map((name) => ({ name: `d.${name}`, dtype: "float32" as const, shape: [2] })),
    build: (g, p, batch) => {
      const parts = names.map((name) => g.reduceSum(g.mul(p[name]!, batch[`d.${name}`]!)));
      return { loss: parts.reduce((sum, part) => g.add(sum, part)) };
    },
    optimiser: sgd(),
    ...(gradients && { gradients }),
  });
  const trainer = openTrainer(step, initialState(step, 1), { mode: "one" });
  const batch = Object.entries(slopes).map(
    ([name, values]) => [`d.${name}`, tensor("float32", [2], Float32Array.from(values))] as const,
  );
  trainer.step(Object.fromEntries(batch), 1);
  const moved = trainer.parameters();
  trainer.close();
  return names.map((name) => Array.from(moved[name] ?? [], (value) => -value));
}

test("clipping by norm shortens all gradients by one factor, and only long ones", () => {
  const [a = [], b = []] = descended({ a: [3, 0], b: [0, 4] }, clipByNorm(1));
  expect(a[0]).toBeCloseTo(0.6, 5);
  expect(b[1]).toBeCloseTo(0.8, 5);
  const [short = []] = descended({ a: [0.3, 0], b: [0, 0.4] }, clipByNorm(1));
  expect(short[0]).toBeCloseTo(0.3, 6);
  expect(descended({ a: [0, 0] }, clipByNorm(1))).toEqual([[-0, -0]]);
});

test("clipping by value keeps each entry within bounds", () => {
  const [a = []] = descended({ a: [3, -0.25] }, clipByValue(0.5));
  expect(a).toEqual([0.5, -0.25]);
});

test("schedules begin, turn and end where they say", () => {
  const warm = warmUp(10, cosineDecay(1, 100, 0.1));
  expect(warm(0)).toBeCloseTo(0.1);
  expect(warm(9)).toBeCloseTo(1);
  expect(warm(60)).toBeCloseTo(0.55);
  expect(warm(1000)).toBeCloseTo(0.1);
  const cycle = oneCycle(1, 100);
  expect(cycle(0)).toBeCloseTo(0.04);
  expect(Math.max(...Array.from({ length: 100 }, (_, t) => cycle(t)))).toBeCloseTo(1);
  expect(cycle(99)).toBeLessThan(0.01);
});
