import {
  adamW,
  crossEntropy,
  inferenceModel,
  initialState,
  openTrainer,
  trainStep,
  valueOf,
  oneCycle,
} from "@groundswell/autograd";
import { dataOf, openSession, tensor } from "@groundswell/onnx";
import type { Session, Tensor } from "@groundswell/onnx";

import { batchesOf, encode, type Example, type Noise } from "./batches.ts";
import { classify, DEVIATION, INPUTS, type Network, parametersOf, PIECES } from "./network.ts";
import { BUCKETS } from "./pieces.ts";
import { createPieceTable, type PieceTable } from "./table.ts";

export interface Learning {
  readonly network: Network;
  readonly epochs: number;
  readonly batch: number;
  /** The highest. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly smoothing: number;
  readonly noise: Pick<Noise, "words" | "pieces">;
  readonly threads: number;
  readonly seed: number;
}

/** An encoder that has learned. */
export interface Encoder {
  readonly network: Network;
  readonly table: PieceTable;
  readonly weights: Readonly<Record<string, Float32Array>>;
}

function stepOf({ network, weightDecay, smoothing }: Learning) {
  return trainStep({
    parameters: parametersOf(network),
    batch: [
      ...INPUTS,
      { name: "y", dtype: "float32", shape: ["N", network.classes] },
      { name: "seed", dtype: "int64", shape: [] },
    ],
    build(g, p, inputs) {
      const logits = classify(g, network, p, inputs, valueOf(inputs, "seed"));
      return { loss: crossEntropy(g, logits, valueOf(inputs, "y"), { smoothing }) };
    },
    optimiser: adamW({ weightDecay, decays: (name) => name.endsWith(".w") }),
  });
}

/** Learns from `examples`; `after` is called with what has been learned after each round. */
export function learn(
  examples: readonly Example[],
  learning: Learning,
  after: (epoch: number, encoder: Encoder) => void = () => {},
): Encoder {
  const { network, epochs, batch, learningRate, noise, seed, threads } = learning;
  const step = stepOf(learning);
  const size = { rows: BUCKETS, width: network.width, slots: step.optimiser.slots.length };
  const table = createPieceTable(size, DEVIATION, seed, 0);
  const trainer = openTrainer(step, initialState(step, seed), { mode: "one", threads });
  const rate = oneCycle(learningRate, epochs * Math.ceil(examples.length / batch), 0.1);
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const part of batchesOf(examples, batch, { seed, round: epoch })) {
      const { ids, feeds } = encode(part, { ...noise, seed, step: trainer.t });
      const touched = table.touch(ids);
      const all = {
        ...feeds,
        y: targetsOf(part, network.classes),
        seed: tensor("int64", [], BigInt64Array.of(BigInt(trainer.t))),
      };
      trainer.step(all, rate(trainer.t), { [PIECES]: touched });
      table.put(touched);
    }
    after(epoch, { network, table, weights: trainer.parameters() });
  }
  const weights = trainer.parameters();
  trainer.close();
  return { network, table, weights };
}

/** [N, classes], all of it adding up to 1. */
function targetsOf(examples: readonly Example[], classes: number): Tensor<"float32"> {
  const y = new Float32Array(examples.length * classes);
  for (const [row, { label }] of examples.entries()) y[row * classes + label] = 1 / examples.length;
  return tensor("float32", [examples.length, classes], y);
}

/** Share of `examples` that the exported forward pass gets right. */
export function accuracyOf(encoder: Encoder, examples: readonly Example[]): number {
  const { network } = encoder;
  const model = inferenceModel({
    parameters: parametersOf(network),
    inputs: INPUTS,
    build: (g, p, inputs) => ({ logits: classify(g, network, p, inputs, null) }),
  });
  const session = openSession(model, { memoryPattern: false });
  const batches = batchesOf(examples, 64, { seed: 0, round: 0 });
  const right = batches.reduce((sum, batch) => sum + rightOf(session, encoder, batch), 0);
  session.close();
  return right / examples.length;
}

function rightOf(session: Session, encoder: Encoder, batch: readonly Example[]): number {
  const { network, table, weights } = encoder;
  const { ids, feeds } = encode(batch);
  const parameters = parametersOf(network).map(({ name, shape }) => [
    name,
    name === PIECES
      ? tensor("float32", [ids.length, network.width], table.rows(ids))
      : tensor("float32", shape.map(Number), weights[name] ?? new Float32Array(0)),
  ]);
  const answered = session.run({ ...Object.fromEntries(parameters), ...feeds });
  const logits = dataOf(answered["logits"], "float32");
  return batch.filter(({ label }, row) => {
    const scores = logits.subarray(row * network.classes, (row + 1) * network.classes);
    return scores.indexOf(Math.max(...scores)) === label;
  }).length;
}
