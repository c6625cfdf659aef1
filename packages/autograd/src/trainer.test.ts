import { openSession, SessionError, tensor } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import type { TrainerState } from "./dense-state.ts";
import { he, normal, zeros } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { adagrad, adam, sgd } from "./optimisers.ts";
import type { Optimiser } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import type { TrainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const INPUTS = 20;
const HIDDEN = 16;
const CLASSES = 3;
const BATCH = 8;
const STEPS = 12;
const ROWS = BATCH * STEPS;

function perceptron(optimiser: Optimiser): TrainStep {
  return trainStep({
    parameters: [
      { name: "w0", shape: [INPUTS, HIDDEN], initial: he },
      { name: "b0", shape: [HIDDEN], initial: zeros },
      { name: "w1", shape: [HIDDEN, CLASSES], initial: he },
      { name: "b1", shape: [CLASSES], initial: zeros },
    ],
    batch: [
      { name: "x", dtype: "float32", shape: ["N", INPUTS] },
      { name: "y", dtype: "float32", shape: ["N", CLASSES] },
    ],
    build(g, { w0, b0, w1, b1 }, { x, y }) {
      const logits = g.gemm(g.relu(g.gemm(x, w0, b0)), w1, b1);
      return { loss: crossEntropy(g, logits, y), outputs: { logits } };
    },
    optimiser,
  });
}

/** Points whose class is the greatest of their first three coordinates; targets weigh 1 / BATCH. */
function dataset(rows: number): { x: Float32Array; y: Float32Array; labels: number[] } {
  const stream = randomStream(8);
  const x = Float32Array.from({ length: rows * INPUTS }, (_, k) => stream.normal(k));
  const y = new Float32Array(rows * CLASSES);
  const labels = Array.from({ length: rows }, (_, row) => {
    const scores = [...x.subarray(row * INPUTS, row * INPUTS + CLASSES)];
    const label = scores.indexOf(Math.max(...scores));
    y[row * CLASSES + label] = 1 / BATCH;
    return label;
  });
  return { x, y, labels };
}

const data = dataset(ROWS);

/** Rows [from, from + count) of the data set as a batch. */
function batchAt(from: number, count: number): Record<string, Tensor> {
  const x = data.x.subarray(from * INPUTS, (from + count) * INPUTS);
  const y = data.y.subarray(from * CLASSES, (from + count) * CLASSES);
  return {
    x: tensor("float32", [count, INPUTS], x),
    y: tensor("float32", [count, CLASSES], y),
  };
}

const rates = Array.from({ length: STEPS }, (_, k) => 0.02 / (k + 1));

function trainOneByOne(step: TrainStep, start: TrainerState): [TrainerState, number[]] {
  const trainer = openTrainer(step, start, { mode: "one" });
  const losses = rates.map((rate, k) => trainer.step(batchAt(k * BATCH, BATCH), rate));
  const state = trainer.state();
  trainer.close();
  return [state, losses];
}

test.each([sgd(), adagrad(), adam()])(
  "$name: one step, many steps and an epoch a run end in the same bits",
  (optimiser) => {
    const step = perceptron(optimiser);
    const start = initialState(step, 4);
    const [expected, losses] = trainOneByOne(step, start);

    const many = openTrainer(step, start, { mode: "many" });
    const stacked = {
      x: tensor("float32", [STEPS, BATCH, INPUTS], data.x),
      y: tensor("float32", [STEPS, BATCH, CLASSES], data.y),
    };
    expect([...many.steps(stacked, rates)]).toEqual(losses);
    expect(many.state()).toEqual(expected);
    many.close();

    const epoch = openTrainer(step, start, { mode: "epoch" });
    const inOrder = BigInt64Array.from({ length: ROWS }, (_, row) => BigInt(row));
    expect([...epoch.epoch(batchAt(0, ROWS), inOrder, rates)]).toEqual(losses);
    expect(epoch.state()).toEqual(expected);
    epoch.close();
  },
);

test("training again gives the same bits, and so does going on from a saved state", () => {
  const step = perceptron(adam());
  const start = initialState(step, 4);
  const [expected] = trainOneByOne(step, start);

  const first = openTrainer(step, start, { mode: "one" });
  for (let k = 0; k < 5; k++) first.step(batchAt(k * BATCH, BATCH), rates[k] ?? 0);
  const saved = first.state();
  // What happens to the trainer later must not reach into what was saved.
  first.step(batchAt(0, BATCH), 1);
  first.close();
  expect(saved.t).toBe(5);

  const second = openTrainer(step, saved, { mode: "one" });
  for (let k = 5; k < STEPS; k++) second.step(batchAt(k * BATCH, BATCH), rates[k] ?? 0);
  expect(second.state()).toEqual(expected);
  second.close();
});

test("a perceptron with Adam learns a toy, with batches of several sizes in one session", () => {
  const step = perceptron(adam());
  const trainer = openTrainer(step, initialState(step, 9), { mode: "one" });
  for (let round = 0; round < 60; round++) {
    const count = BATCH + (round % 3);
    for (let from = 0; from + count <= ROWS; from += count) {
      trainer.step(batchAt(from, count), 0.02);
    }
  }
  trainer.step(batchAt(0, ROWS), 0);
  const logits = [...(trainer.outputs()["logits"]?.data ?? [])].map(Number);
  trainer.close();
  const right = data.labels.filter((label, row) => {
    const scores = logits.slice(row * CLASSES, (row + 1) * CLASSES);
    return scores.indexOf(Math.max(...scores)) === label;
  });
  expect(right.length / ROWS).toBe(1);
});

test("after a step that fails the state is as it was", () => {
  const step = perceptron(adam());
  const start = initialState(step, 4);
  const trainer = openTrainer(step, start, { mode: "one" });
  expect(() =>
    trainer.step({ ...batchAt(0, 8), y: tensor("float32", [1], Float32Array.of(1)) }, 1),
  ).toThrow(SessionError);
  expect(() => trainer.step({}, 1)).toThrow(/"x" is missing/);
  expect(trainer.state()).toEqual(start);
  trainer.close();
});

test("a state that doesn't fit is refused and changes nothing", () => {
  const step = perceptron(adam());
  const start = initialState(step, 4);
  const trainer = openTrainer(step, start, { mode: "one" });
  const short = { t: 7, values: { ...start.values, "b1.v": new Float32Array(2) } };
  expect(() => trainer.load(short)).toThrow('"b1.v" [3] has 2 values');
  expect(trainer.state()).toEqual(start);
  trainer.close();
});

test("the step's model names its inputs and outputs as it says", () => {
  const step = perceptron(sgd());
  const session = openSession(step.model);
  expect(session.inputs).toEqual(["w0", "b0", "w1", "b1", "x", "y", "hyper"]);
  expect(session.outputs).toEqual(["loss", "w0.next", "b0.next", "w1.next", "b1.next", "logits"]);
  session.close();
  expect(
    perceptron(adam())
      .state.map(({ name }) => name)
      .slice(0, 3),
  ).toEqual(["w0", "w0.m", "w0.v"]);
});

test("names that the step uses itself, or that come twice, are refused", () => {
  const w = { shape: [2], initial: normal(1) };
  const named = (name: string) => (): TrainStep =>
    trainStep({
      parameters: [
        { ...w, name },
        { ...w, name: "w" },
      ],
      batch: [],
      build: (g, p) => ({ loss: g.reduceSum(p["w"] ?? g.constant(0, "float32")) }),
      optimiser: sgd(),
    });
  expect(named("hyper")).toThrow(/"hyper" itself/);
  expect(named("w")).toThrow(/"w" already/);
  expect(named("unused")).toThrow(/doesn't depend on "unused"/);
});
