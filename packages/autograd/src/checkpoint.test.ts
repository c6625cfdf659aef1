import { numericClass, SafetensorsFormatError, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { CheckpointRefused, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { initialState } from "./dense-state.ts";
import { normal } from "./initialisers.ts";
import { meanSquared } from "./losses.ts";
import { adam, sgd } from "./optimisers.ts";
import type { Optimiser } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import type { TrainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const SEED = 12;

const line = (optimiser: Optimiser, rows: number | "R" = 4): TrainStep =>
  trainStep({
    parameters: [
      { name: "w", shape: [rows, 2], initial: normal(0.5) },
      { name: "fixed", shape: [2, 2], initial: normal(0.5), frozen: true },
    ],
    batch: [
      { name: "x", dtype: "float32", shape: ["N", rows] },
      { name: "y", dtype: "float32", shape: ["N", 2] },
    ],
    build: (g, { w, fixed }, { x, y }) => ({
      loss: meanSquared(g, g.gemm(g.gemm(x, w), fixed), y),
    }),
    optimiser,
  });

const batchAt = (t: number) => {
  const stream = randomStream(SEED);
  const drawn = (size: number, purpose: number) =>
    Float32Array.from({ length: size }, (_, k) => stream.normal(k, t, purpose));
  return { x: tensor("float32", [3, 4], drawn(12, 0)), y: tensor("float32", [3, 2], drawn(6, 1)) };
};

test("training that goes on from a checkpoint ends in the same bits", () => {
  const step = line(adam());
  const whole = openTrainer(step, initialState(step, SEED), { mode: "one" });
  for (let t = 0; t < 20; t++) whole.step(batchAt(t), 0.05);

  const first = openTrainer(step, initialState(step, SEED), { mode: "one" });
  for (let t = 0; t < 7; t++) first.step(batchAt(t), 0.05);
  const bytes = encodeCheckpoint(
    step,
    { state: first.state(), seed: SEED, counters: { epoch: 2 } },
    1,
  );
  first.close();

  // Another process would build the step again.
  const again = line(adam());
  const { state, seed, counters, writtenBy } = decodeCheckpoint(again, bytes);
  expect({ seed, counters }).toEqual({ seed: SEED, counters: { epoch: 2 } });
  expect(writtenBy).toBe(`${numericClass()} threads 1`);
  const second = openTrainer(again, state, { mode: "one" });
  for (let { t } = second; t < 20; t++) second.step(batchAt(t), 0.05);
  expect(second.state()).toEqual(whole.state());
  for (const trainer of [whole, second]) trainer.close();
});

test("dropout, too, goes on where it was", () => {
  const step = trainStep({
    parameters: [{ name: "w", shape: [4, 2], initial: normal(0.5) }],
    batch: [
      { name: "x", dtype: "float32", shape: ["N", 4] },
      { name: "y", dtype: "float32", shape: ["N", 2] },
      { name: "seed", dtype: "int64", shape: [] },
    ],
    build: (g, { w }, { x, y, seed }) => ({
      loss: meanSquared(g, g.gemm(g.dropout(x, { rate: 0.5, seed, stream: 0 }), w), y),
    }),
    optimiser: adam(),
  });
  // What is dropped in step t follows from the seed of the training and t.
  const batch = (seed: number, t: number) => ({
    ...batchAt(t),
    seed: tensor("int64", [], BigInt64Array.of(BigInt(randomStream(seed).bits(t)))),
  });
  const whole = openTrainer(step, initialState(step, SEED), { mode: "one" });
  let bytes = new Uint8Array(0);
  for (let t = 0; t < 10; t++) {
    if (t === 4) bytes = encodeCheckpoint(step, { state: whole.state(), seed: SEED }, 1).slice();
    whole.step(batch(SEED, t), 0.05);
  }
  const { state, seed } = decodeCheckpoint(step, bytes);
  const resumed = openTrainer(step, state, { mode: "one" });
  for (let { t } = resumed; t < 10; t++) resumed.step(batch(seed, t), 0.05);
  expect(resumed.state()).toEqual(whole.state());
  for (const trainer of [whole, resumed]) trainer.close();
});

test("the same content gives the same bytes", () => {
  const step = line(adam());
  const write = () => encodeCheckpoint(step, { state: initialState(step, 1), seed: 1 }, 2);
  expect(write()).toEqual(write());
});

test("a checkpoint of another step, a damaged one and other files are refused", () => {
  const step = line(adam());
  const bytes = encodeCheckpoint(step, { state: initialState(step, 1), seed: 1 }, 1);
  expect(() => decodeCheckpoint(line(sgd()), bytes)).toThrow(CheckpointRefused);
  expect(() => decodeCheckpoint(line(adam({ beta1: 0.8 })), bytes)).toThrow(/belongs to the step/);
  expect(() => decodeCheckpoint(step, bytes.subarray(0, -1))).toThrow(SafetensorsFormatError);
  const empty = new TextEncoder().encode("\u0002\0\0\0\0\0\0\0{}");
  expect(() => decodeCheckpoint(step, empty)).toThrow(/not "groundswell-checkpoint 1"/);
  expect(() => encodeCheckpoint(step, { state: { t: 0, values: {} }, seed: 1 }, 1)).toThrow(
    /lacks "w"/,
  );
});

test("tables are written whole, with what their optimiser keeps", () => {
  const step = line(adam(), "R");
  const rows = (value: number) => tensor("float32", [9, 2], new Float32Array(18).fill(value));
  const tables = { w: rows(1), "w.m": rows(2), "w.v": rows(3) };
  const { values } = initialState(step, 1);
  const bytes = encodeCheckpoint(step, { state: { t: 3, values }, seed: 1, tables }, 1);
  const read = decodeCheckpoint(step, bytes);
  expect(read.tables).toEqual(tables);
  expect(Object.keys(read.state.values)).toEqual(["fixed"]);
  expect(() => encodeCheckpoint(step, { state: { t: 3, values }, seed: 1 }, 1)).toThrow(/"w"/);
});
