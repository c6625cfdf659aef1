import { dataOf, openSession, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import type { Graph } from "./graph.ts";
import { inferenceModel } from "./inference.ts";
import { he, normal, zeros } from "./initialisers.ts";
import type { Initialiser } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { adam } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import type { Named, ParameterSpec } from "./step-graph.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";
import type { Value } from "./value.ts";

const SIDE = 12;
const CLASSES = 4;
const BATCH = 32;
const CHANNELS = 16;

/** A stroke of five pixels somewhere, in one of four directions, in noise. */
function strokes(count: number, seed: number) {
  const stream = randomStream(seed);
  const directions = [
    [0, 1],
    [1, 0],
    [1, 1],
    [1, -1],
  ] as const;
  const x = new Float32Array(count * SIDE * SIDE);
  const labels = Array.from({ length: count }, (_, i) => stream.below(CLASSES, 0, i));
  for (const [i, label] of labels.entries()) {
    const at = i * SIDE * SIDE;
    for (let k = 0; k < SIDE * SIDE; k++) x[at + k] = 0.3 * stream.normal(k + 3, i);
    const [down, right] = directions[label] ?? directions[0];
    const top = stream.below(SIDE - 4, 1, i);
    const left = stream.below(SIDE - 4, 2, i) + (right < 0 ? 4 : 0);
    for (let k = 0; k < 5; k++) {
      const place = at + (top + k * down) * SIDE + left + k * right;
      x[place] = (x[place] ?? 0) + 1;
    }
  }
  return { x: tensor("float32", [count, 1, SIDE, SIDE], x), labels };
}

function targets(labels: readonly number[]) {
  const y = new Float32Array(labels.length * CLASSES);
  for (const [row, label] of labels.entries()) y[row * CLASSES + label] = 1 / labels.length;
  return tensor("float32", [labels.length, CLASSES], y);
}

const ones: Initialiser = (shape) => new Float32Array(shape[0] ?? 1).fill(1);
const channels = [CHANNELS];
const PARAMETERS = [
  { name: "k", shape: [CHANNELS, 1, 5, 5], initial: normal(0.3) },
  { name: "scale", shape: channels, initial: ones },
  { name: "bias", shape: channels, initial: zeros },
  { name: "mean", shape: channels, initial: zeros },
  { name: "variance", shape: channels, initial: ones },
  { name: "depth", shape: [CHANNELS, 1, 3, 3], initial: normal(0.3) },
  { name: "mix", shape: [CHANNELS, CHANNELS, 1, 1], initial: normal(0.3) },
  { name: "w", shape: [CHANNELS, CLASSES], initial: he },
  { name: "b", shape: [CLASSES], initial: zeros },
] as const satisfies readonly ParameterSpec[];
type Name = (typeof PARAMETERS)[number]["name"];

function forward(g: Graph, p: Named<Name>, x: Value, training: boolean) {
  const y = g.conv(x, p.k, null, { pads: [2, 2, 2, 2] });
  const normed = training ? g.batchNormTraining(y, p) : { ...p, y: g.batchNorm(y, p) };
  const pooled = g.maxPool(g.relu(normed.y), [2, 2]);
  const apart = g.conv(pooled, p.depth, null, { pads: [1, 1, 1, 1], group: CHANNELS });
  const mixed = g.relu(g.conv(g.add(apart, pooled), p.mix));
  const logits = g.gemm(g.globalAveragePool(mixed), p.w, p.b);
  return { logits, tracked: { mean: normed.mean, variance: normed.variance } };
}

test("a convolutional network learns, and answers the same with its running statistics", () => {
  const pictures = { name: "x", dtype: "float32", shape: ["N", 1, SIDE, SIDE] } as const;
  const step = trainStep({
    parameters: PARAMETERS,
    batch: [pictures, { name: "y", dtype: "float32", shape: ["N", CLASSES] }],
    build(g, p, { x, y }) {
      const { logits, tracked } = forward(g, p, x, true);
      return { loss: crossEntropy(g, logits, y), tracked };
    },
    optimiser: adam(),
  });
  expect(step.state.filter(({ parameter }) => parameter === "mean")).toHaveLength(1);
  const trainer = openTrainer(step, initialState(step, 1), { mode: "one" });
  for (let i = 0; i < 150; i++) {
    const { x, labels } = strokes(BATCH, i + 10);
    trainer.step({ x, y: targets(labels) }, 1e-2);
  }
  const weights = trainer.parameters();
  trainer.close();

  const session = openSession(
    inferenceModel({
      parameters: PARAMETERS,
      inputs: [pictures],
      build: (g, p, { x }) => ({ logits: forward(g, p, x, false).logits }),
    }),
  );
  const held = strokes(200, 1);
  const feeds = PARAMETERS.map(({ name, shape }) => [
    name,
    tensor("float32", shape, weights[name] ?? new Float32Array(0)),
  ]);
  const answered = session.run({ ...Object.fromEntries(feeds), x: held.x });
  session.close();
  const logits = dataOf(answered["logits"], "float32");
  const right = held.labels.filter((label, row) => {
    const scores = Array.from(logits.subarray(row * CLASSES, (row + 1) * CLASSES));
    return scores.indexOf(Math.max(...scores)) === label;
  });
  expect(right.length / held.labels.length).toBeGreaterThan(0.95);
});
