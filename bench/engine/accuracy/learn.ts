import {
  adam,
  crossEntropy,
  inferenceModel,
  initialState,
  openTrainer,
  trainStep,
  valueOf,
} from "@groundswell/autograd";
import { dataOf, openSession, tensor } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";

import { CLASSES, classify, type Network, parametersOf } from "./network.ts";
import { type Picture, shuffled } from "./pictures.ts";
import { createWarp, type Warping } from "./warp.ts";

export interface Learning {
  readonly network: Network;
  readonly warping: Warping;
  readonly epochs: number;
  readonly batch: number;
  /** The highest; it rises over the first epoch and falls like a cosine to nothing. */
  readonly learningRate: number;
  /** What the right class is short of 1, divided over all classes. */
  readonly smoothing: number;
  readonly threads: number;
  readonly seed: number;
}

/** Learns from `pictures`; answers the weights, running statistics among them. */
export function learn(
  pictures: readonly Picture[],
  learning: Learning,
): Record<string, Float32Array> {
  const { network, epochs, batch, learningRate, seed } = learning;
  const { side } = network;
  const step = trainStep({
    parameters: parametersOf(network),
    batch: [
      { name: "x", dtype: "float32", shape: ["N", 1, side, side] },
      { name: "y", dtype: "float32", shape: ["N", CLASSES] },
    ],
    build(g, p, inputs) {
      const { logits, tracked } = classify(g, { network, p, training: true }, valueOf(inputs, "x"));
      return { loss: crossEntropy(g, logits, valueOf(inputs, "y")), tracked };
    },
    optimiser: adam(),
  });
  const trainer = openTrainer(step, initialState(step, seed), {
    mode: "one",
    threads: learning.threads,
  });
  const perEpoch = Math.floor(pictures.length / batch);
  const warp = createWarp(side, learning.warping, seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = shuffled(pictures, seed, epoch);
    for (let i = 0; i < perEpoch; i++) {
      const done = (epoch * perEpoch + i) / perEpoch;
      const rising = Math.min(1, done + 1 / perEpoch);
      const falling = (1 + Math.cos((Math.PI * done) / epochs)) / 2;
      const part = order.slice(i * batch, (i + 1) * batch);
      const x = new Float32Array(batch * side * side);
      for (const [row, { pixels }] of part.entries())
        warp(pixels, { index: i * batch + row, round: epoch }, x, row * side * side);
      const feeds = {
        x: tensor("float32", [batch, 1, side, side], x),
        y: targetsOf(part, learning.smoothing),
      };
      trainer.step(feeds, learningRate * rising * falling);
    }
  }
  const weights = trainer.parameters();
  trainer.close();
  return weights;
}

/** [N, classes], all of it adding up to 1. */
function targetsOf(pictures: readonly Picture[], smoothing: number): Tensor<"float32"> {
  const rows = pictures.length;
  const y = new Float32Array(rows * CLASSES).fill(smoothing / CLASSES / rows);
  for (const [row, { label }] of pictures.entries()) {
    const at = row * CLASSES + label;
    y[at] = (y[at] ?? 0) + (1 - smoothing) / rows;
  }
  return tensor("float32", [rows, CLASSES], y);
}

/** Share of `pictures` that the exported forward pass gets right. */
export function accuracyOf(
  network: Network,
  weights: Readonly<Record<string, Float32Array>>,
  pictures: readonly Picture[],
): number {
  const { side } = network;
  const parameters = parametersOf(network);
  const model = inferenceModel({
    parameters,
    inputs: [{ name: "x", dtype: "float32", shape: ["N", 1, side, side] }],
    build: (g, p, inputs) => ({
      logits: classify(g, { network, p, training: false }, valueOf(inputs, "x")).logits,
    }),
  });
  const session = openSession(model);
  const x = new Float32Array(pictures.length * side * side);
  for (const [row, { pixels }] of pictures.entries()) x.set(pixels, row * side * side);
  const feeds = Object.fromEntries(
    parameters.map(({ name, shape }) => [
      name,
      tensor("float32", shape.map(Number), weights[name] ?? new Float32Array(0)),
    ]),
  );
  const answered = session.run({
    ...feeds,
    x: tensor("float32", [pictures.length, 1, side, side], x),
  });
  session.close();
  const logits = dataOf(answered["logits"], "float32");
  const right = pictures.filter(({ label }, row) => {
    const scores = Array.from(logits.subarray(row * CLASSES, (row + 1) * CLASSES));
    return scores.indexOf(Math.max(...scores)) === label;
  });
  return right.length / pictures.length;
}
