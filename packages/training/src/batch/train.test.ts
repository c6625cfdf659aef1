import { randomStream } from "@groundswell/autograd";
import { expect, test } from "vitest";

import type { Example, ModelSettings } from "../recipe.ts";
import { encodeWeights, initialWeights } from "../weights.ts";
import { orderOf, partsOf } from "./order.ts";
import { cosineRate, createEarlyStop } from "./schedule.ts";
import { type BatchTraining, trainBatch } from "./train.ts";

const settings: ModelSettings = {
  recipe: "image-classifier",
  classes: ["dark", "bright"],
  config: { width: 4, height: 4, hidden: 4, batch: { shift: 1 } },
  seed: 1,
};

const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, k) => ({
    seq: 10 * k + 1,
    input: new Uint8Array(16).fill(k % 2 === 0 ? 20 + k : 220 - k),
    target: k % 2 === 0 ? "dark" : "bright",
    weight: 1,
    person: String(k),
  }));

const training = (over: Partial<BatchTraining> = {}): BatchTraining => ({
  settings,
  start: initialWeights(settings),
  train: examples(41),
  validation: examples(10),
  config: { epochs: 6, batch_size: 8, learning_rate: 0.02 },
  seed: 1,
  threads: 1,
  clock: () => 0,
  onProgress: () => {},
  shouldStop: () => false,
  ...over,
});

const bitsOf = (over: Partial<BatchTraining> = {}) =>
  Buffer.from(encodeWeights(settings, trainBatch(training(over)).weights)).toString("base64");

test("the same data set, settings and seed give the same bits, however the rows were stored", () => {
  const bits = bitsOf();
  expect(bitsOf()).toBe(bits);
  expect(bitsOf({ train: examples(41).toReversed() })).toBe(bits);
  expect(bitsOf({ seed: 2 })).not.toBe(bits);
});

test("what training begins from is left as it was", () => {
  const start = initialWeights(settings);
  trainBatch(training({ start }));
  expect(start).toEqual(initialWeights(settings));
});

test("stops when it is told to, with the best weights so far", () => {
  let runs = 0;
  const stopped = trainBatch(training({ shouldStop: () => runs++ >= 3 }));
  expect(stopped.finished).toBe(false);
  expect(stopped.epochs).toBeLessThan(6);
});

test("stops early where validation gets no better, and keeps its best epoch", () => {
  // A rate this high throws the weights about.
  const config = { epochs: 60, batch_size: 8, learning_rate: 10, patience: 2 };
  const trained = trainBatch(training({ config }));
  expect(trained.finished).toBe(true);
  expect(trained.epochs).toBe(trained.bestEpoch + 2);
});

test("without validation all epochs are run and the last one counts", () => {
  const trained = trainBatch(training({ validation: [] }));
  expect(trained).toMatchObject({ epochs: 6, bestEpoch: 6, validation: null, steps: 36 });
});

test("progress tells the epoch, the loss, and the time that is left", () => {
  let now = 0;
  const told: { epoch: number; etaMs: number }[] = [];
  trainBatch(
    training({
      clock: () => now,
      shouldStop: () => {
        now += 10;
        return false;
      },
      onProgress: ({ epoch, etaMs }) => told.push({ epoch, etaMs }),
    }),
  );
  expect(told.at(-1)).toEqual({ epoch: 6, etaMs: 0 });
  expect(told.map(({ epoch }) => epoch)).toEqual(
    told.map(({ epoch }) => epoch).toSorted((a, b) => a - b),
  );
});

test("settings of a run that the recipe doesn't know are refused", () => {
  expect(() => trainBatch(training({ config: { hidden: 3 } }))).toThrow(/hidden/);
});

test("an order holds every example once, and one more leaves the others in place", () => {
  const random = randomStream(3);
  const items = examples(30);
  const order = orderOf(items, random, 1).map(({ seq }) => seq);
  expect(order.toSorted((a, b) => a - b)).toEqual(items.map(({ seq }) => seq));
  expect(order).not.toEqual(items.map(({ seq }) => seq));
  const more = orderOf([...items, { seq: 7 }], random, 1).map(({ seq }) => seq);
  expect(more.filter((seq) => seq !== 7)).toEqual(order);
  expect(orderOf(items, random, 2).map(({ seq }) => seq)).not.toEqual(order);
});

test("parts are of one size but for the last", () => {
  expect([...partsOf([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
});

test("the rate falls from its start to nearly nothing", () => {
  expect(cosineRate(0.5, 0, 100)).toBe(0.5);
  expect(cosineRate(0.5, 50, 100)).toBeCloseTo(0.25);
  expect(cosineRate(0.5, 99, 100)).toBeLessThan(0.001);
});

test("waiting for a better epoch ends after as many as patience says", () => {
  const stop = createEarlyStop(2);
  expect([1, 0.5, 0.6, 0.5].map((loss, i) => stop.see(i + 1, loss))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(stop.best).toBe(2);
  expect([3, 4].map((epoch) => stop.shouldStop(epoch))).toEqual([false, true]);
  expect(createEarlyStop(1).shouldStop(9)).toBe(false);
});
