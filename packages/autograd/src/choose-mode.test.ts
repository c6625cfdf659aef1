import fc from "fast-check";
import { expect, test } from "vitest";

import { chooseMode, stateBytesOf } from "./choose-mode.ts";
import { normal } from "./initialisers.ts";
import { adam } from "./optimisers.ts";
import { trainStep } from "./train-step.ts";

const MB = 1e6;
const situation = {
  stateBytes: 0.01 * MB,
  stepMs: 5,
  latencyMs: 1000,
  inMemory: false,
  tables: false,
};

test("a step that takes long compared with its state runs alone", () => {
  expect(chooseMode(situation).mode).toBe("one");
  // Low-rank adapters on a large model: little state.
  expect(chooseMode({ ...situation, stateBytes: 0.9 * MB, stepMs: 950 }).mode).toBe("one");
});

test("tiny steps, and steps on a large state, go together", () => {
  expect(chooseMode({ ...situation, stepMs: 0.005 })).toMatchObject({ mode: "many", steps: 126 });
  const whole = chooseMode({ ...situation, stateBytes: 272 * MB, stepMs: 430, latencyMs: 5000 });
  expect(whole.mode).toBe("many");
  expect(whole.steps).toBeGreaterThan(4);
  expect(chooseMode({ ...situation, stepMs: 0.005, inMemory: true }).mode).toBe("epoch");
});

test("tables, and somebody who waits, ask for one step a run", () => {
  expect(chooseMode({ ...situation, stepMs: 0.005, tables: true }).mode).toBe("one");
  const waiting = chooseMode({ ...situation, stateBytes: 272 * MB, stepMs: 430, latencyMs: 900 });
  expect(waiting).toMatchObject({ mode: "one", steps: 1 });
  expect(waiting.reason).toContain("900 ms");
});

test("a run of several steps never takes longer than is allowed", () => {
  const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true });
  fc.assert(
    fc.property(positive(1e9), positive(1e3), positive(1e4), (stateBytes, stepMs, latencyMs) => {
      const { mode, steps } = chooseMode({ ...situation, stateBytes, stepMs, latencyMs });
      expect(mode === "one").toBe(steps === 1);
      expect(steps === 1 || steps * stepMs <= latencyMs).toBe(true);
    }),
  );
});

test("the state is what trains and its slots", () => {
  const step = trainStep({
    parameters: [
      { name: "w", shape: [3, 4], initial: normal(1) },
      { name: "fixed", shape: [4], initial: normal(1), frozen: true },
    ],
    batch: [{ name: "x", dtype: "float32", shape: ["N", 3] }],
    build: (g, { w, fixed }, { x }) => ({ loss: g.reduceMean(g.gemm(x, w, fixed)) }),
    optimiser: adam(),
  });
  expect(stateBytesOf(step)).toBe(3 * 12 * 4);
});
