import {
  dataOf,
  decodeModel,
  encodeModel,
  foldBatchNorm,
  foldConstants,
  inputsAsWeights,
  openSession,
  pruneByMagnitude,
  quantizeDynamic,
  quantizeStatic,
  tensor,
  toFloat16,
} from "@groundswell/onnx";
import type { Model, Tensor } from "@groundswell/onnx";
import { beforeAll, expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import type { Graph } from "./graph.ts";
import { inferenceModel } from "./inference.ts";
import { normal, zeros } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { adam } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import type { Named } from "./step-graph.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";
import type { Value } from "./value.ts";

// What compression costs a network that has learned something: stripes in noise, the class is
// their direction.

const SIDE = 12;
const CLASSES = 6;
const BATCH = 32;
const STEPS = 120;

const PARAMETERS = [
  { name: "conv1.w", shape: [12, 1, 3, 3], initial: normal(0.4) },
  { name: "conv1.b", shape: [12], initial: zeros },
  { name: "conv2.w", shape: [24, 12, 3, 3], initial: normal(0.15) },
  { name: "conv2.b", shape: [24], initial: zeros },
  { name: "dense.w", shape: [24 * 9, 48], initial: normal(0.1) },
  { name: "dense.b", shape: [48], initial: zeros },
  { name: "head.w", shape: [48, CLASSES], initial: normal(0.15) },
  { name: "head.b", shape: [CLASSES], initial: zeros },
];
const IMAGES = { name: "x", dtype: "float32", shape: ["N", 1, SIDE, SIDE] } as const;

function logitsOf(g: Graph, p: Named<string>, x: Value): Value {
  const pads = [1, 1, 1, 1];
  const layer = (from: Value, name: string): Value => {
    const wide = g.conv(from, p[`${name}.w`]!, p[`${name}.b`]!, { pads });
    return g.maxPool(g.relu(wide), [2, 2]);
  };
  const features = g.reshape(layer(layer(x, "conv1"), "conv2"), ["N", 24 * 9]);
  const hidden = g.relu(g.gemm(features, p["dense.w"]!, p["dense.b"]!));
  return g.gemm(hidden, p["head.w"]!, p["head.b"]!);
}

interface Examples {
  readonly x: Tensor<"float32">;
  readonly labels: readonly number[];
}

function stripes(rows: number, seed: number): Examples {
  const stream = randomStream(seed);
  const labels = Array.from({ length: rows }, (_, row) => row % CLASSES);
  const data = labels.flatMap((label, row) => {
    const angle = (Math.PI * label) / CLASSES;
    const phase = 2 * Math.PI * stream.uniform(row, 1);
    return Array.from({ length: SIDE * SIDE }, (_, pixel) => {
      const along = Math.cos(angle) * (pixel % SIDE) + Math.sin(angle) * Math.floor(pixel / SIDE);
      return Math.sin(1.6 * along + phase) + 1.1 * stream.normal(row * SIDE * SIDE + pixel, 2);
    });
  });
  return { x: tensor("float32", [rows, 1, SIDE, SIDE], Float32Array.from(data)), labels };
}

function trained(): Model {
  const step = trainStep({
    parameters: PARAMETERS,
    batch: [IMAGES, { name: "y", dtype: "float32", shape: ["N", CLASSES] }],
    build: (g, parameters, { x, y }) => ({ loss: crossEntropy(g, logitsOf(g, parameters, x), y) }),
    optimiser: adam(),
  });
  const trainer = openTrainer(step, initialState(step, 3), { mode: "one" });
  for (let t = 0; t < STEPS; t++) {
    const { x, labels } = stripes(BATCH, 100 + t);
    const y = new Float32Array(BATCH * CLASSES);
    for (const [row, label] of labels.entries()) y[row * CLASSES + label] = 1 / BATCH;
    trainer.step({ x, y: tensor("float32", [BATCH, CLASSES], y) }, 0.004);
  }
  const weights = Object.fromEntries(
    Object.entries(trainer.parameters()).map(([name, data]) => {
      const { shape } = PARAMETERS.find((parameter) => parameter.name === name)!;
      return [name, tensor("float32", shape, data)];
    }),
  );
  trainer.close();
  const open = inferenceModel({
    parameters: PARAMETERS,
    inputs: [IMAGES],
    build: (g, parameters, { x }) => ({ logits: logitsOf(g, parameters, x) }),
  });
  return foldBatchNorm(foldConstants(inputsAsWeights(decodeModel(open), weights)));
}

const exam = stripes(600, 7);

function accuracy(model: Model): number {
  const session = openSession(encodeModel(model));
  const logits = dataOf(session.run({ x: exam.x })["logits"], "float32");
  session.close();
  const right = exam.labels.filter((label, row) => {
    const own = [...logits.subarray(row * CLASSES, (row + 1) * CLASSES)];
    return own.indexOf(Math.max(...own)) === label;
  });
  return right.length / exam.labels.length;
}

const bytesOf = (model: Model): number => encodeModel(model).length;

let model: Model;
beforeAll(() => {
  model = trained();
});

test("the network has learned", () => {
  expect(accuracy(model)).toBeGreaterThan(0.9);
});

test("whole numbers with ranges measured beforehand: a third of the bytes, no point lost", () => {
  const batches = [1, 2, 3].map((seed) => ({ x: stripes(64, seed).x }));
  const small = quantizeStatic(model, batches, { minElements: 100 });
  expect(accuracy(small)).toBeGreaterThan(accuracy(model) - 0.01);
  expect(bytesOf(model) / bytesOf(small)).toBeGreaterThan(3);
  const types = small.graph.initializers.map(({ dtype }) => dtype);
  expect(types.filter((dtype) => dtype === "int8").length).toBeGreaterThan(6);
});

test("whole numbers with ranges found as it runs", () => {
  const small = quantizeDynamic(model, { convolutions: true, minElements: 100 });
  expect(accuracy(small)).toBeGreaterThan(accuracy(model) - 0.01);
  expect(bytesOf(model) / bytesOf(small)).toBeGreaterThan(3);
});

test("half the width: half the bytes", () => {
  const half = toFloat16(model);
  expect(accuracy(half)).toBeGreaterThan(accuracy(model) - 0.005);
  expect(bytesOf(model) / bytesOf(half)).toBeGreaterThan(1.8);
});

test("four of ten weights can go, nine of ten can't", () => {
  const pruned = (sparsity: number): ReturnType<typeof pruneByMagnitude> =>
    pruneByMagnitude(model, { sparsity, among: "all" });
  expect(pruned(0.4).sparsity).toBeCloseTo(0.4, 3);
  expect(accuracy(pruned(0.4).model)).toBeGreaterThan(accuracy(model) - 0.03);
  expect(accuracy(pruned(0.9).model)).toBeLessThan(accuracy(model) - 0.1);
});
