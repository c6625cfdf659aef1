import type { TrainStepOptions } from "@groundswell/autograd";
import type { Tensor } from "@groundswell/onnx";

import type { Product } from "./gemm-floor.ts";
import { mlp, twoTower } from "./networks/dense.ts";
import { recurrent } from "./networks/recurrent.ts";
import { decoder, encoder } from "./networks/transformer.ts";
import { cnn, resnet } from "./networks/vision.ts";

/** A network that both sides build, as the peer reads it. */
type Network = Readonly<Record<string, string | number | readonly number[]>>;

/** A step of training with the batches it is fed. */
export interface Training {
  readonly step: TrainStepOptions;
  batch(seed: number): Record<string, Tensor>;
}

/** A network to train, here and there. */
export interface TrainingCase {
  readonly network: Network;
  training(): Training;
  readonly learningRate: number;
  /** Parameters whose slope is zero but for rounding, so that Adam makes steps of noise. */
  readonly unstable?: (parameter: string) => boolean;
}

/** One whose steps are timed. */
export interface EngineCase extends TrainingCase {
  readonly title: string;
  /** "one" step a run, or "many:K". */
  readonly modes: readonly string[];
  readonly peers: readonly string[];
  readonly tfjs?: boolean;
  readonly stepsPerRound: number;
  readonly maxThreads?: number;
  /** The products of matrices in one step. */
  readonly products: readonly Product[];
}

/** Forward, weight gradient and input gradient of a dense layer on `m` rows. */
function dense(m: number, k: number, n: number, times = 1, inputGradient = true): Product[] {
  return [
    { m, k, n, times },
    { m: k, k: m, n, times },
    ...(inputGradient ? [{ m, k: n, n: k, times }] : []),
  ];
}

const TINY = { kind: "mlp", sizes: [32, 64, 1], batch: 1, optimiser: "sgd" } as const;
const DIGITS = { kind: "mlp", sizes: [784, 256, 10], batch: 128, optimiser: "adam" } as const;

const CNN = { kind: "cnn", batch: 64, optimiser: "adam" } as const;
const MINILM = {
  kind: "encoder",
  vocabulary: 30_522,
  width: 384,
  heads: 12,
  layers: 6,
  inner: 1536,
  length: 128,
  batch: 16,
  classes: 2,
  optimiser: "adam",
} as const;
const MINILM_LORA = { ...MINILM, rank: 8, alpha: 16 } as const;

const LSTM_LONG = {
  kind: "lstm",
  inputs: 64,
  hidden: 128,
  length: 50,
  batch: 32,
  classes: 10,
  optimiser: "adam",
} as const;
const GRU_LONG = { ...LSTM_LONG, kind: "gru" } as const;

/** Products of a recurrent layer: of its inputs at all times at once, of its states in turn. */
function unrolled(
  { inputs, hidden, length, batch }: typeof LSTM_LONG | typeof GRU_LONG,
  gates: number,
): Product[] {
  const [rows, width] = [length * batch, gates * hidden];
  return [
    ...dense(rows, inputs, width, 1, false),
    { m: batch, k: hidden, n: width, times: length },
    { m: batch, k: width, n: hidden, times: length },
    { m: hidden, k: rows, n: width, times: 1 },
  ];
}

const MINILM_ROWS = MINILM.batch * MINILM.length;

export const CASES: Readonly<Record<string, EngineCase>> = {
  "mlp-tiny": {
    title: "MLP 32-64-1, batch 1, SGD",
    network: TINY,
    training: () => mlp(TINY),
    learningRate: 0.01,
    modes: ["one", "many:100"],
    peers: ["default", "fused"],
    tfjs: true,
    stepsPerRound: 2000,
    maxThreads: 1,
    products: [...dense(1, 32, 64, 1, false), ...dense(1, 64, 1)],
  },
  "mlp-784": {
    title: "MLP 784-256-10, batch 128, Adam",
    network: DIGITS,
    training: () => mlp(DIGITS),
    learningRate: 1e-3,
    modes: ["one", "many:20"],
    peers: ["default", "fused"],
    tfjs: true,
    stepsPerRound: 200,
    products: [...dense(128, 784, 256, 1, false), ...dense(128, 256, 10)],
  },
  cnn: {
    title: "CNN 16-32-64 on 28×28, batch 64, Adam",
    network: CNN,
    training: () => cnn(CNN),
    learningRate: 1e-3,
    modes: ["one", "many:10"],
    peers: ["default", "fused"],
    stepsPerRound: 30,
    // As rows of pixels: 3·3·channels to channels.
    products: [
      ...dense(64 * 28 * 28, 9, 16, 1, false),
      ...dense(64 * 14 * 14, 144, 32),
      ...dense(64 * 4 * 4, 288, 64),
    ],
  },
  minilm: {
    title: "MiniLM shape (6 layers, 384), batch 16, 128 words, Adam",
    network: MINILM,
    training: () => encoder(MINILM),
    learningRate: 2e-5,
    modes: ["one", "many:4"],
    peers: ["default", "fused", "sdpa"],
    stepsPerRound: 4,
    products: [
      ...dense(MINILM_ROWS, 384, 384, 4 * 6),
      ...dense(MINILM_ROWS, 384, 1536, 6),
      ...dense(MINILM_ROWS, 1536, 384, 6),
    ],
  },
  "minilm-lora": {
    title: "MiniLM shape, low-rank adapters of rank 8, batch 16, 128 words, Adam",
    network: MINILM_LORA,
    training: () => encoder(MINILM_LORA),
    learningRate: 1e-3,
    modes: ["one", "many:4"],
    peers: ["default", "fused", "sdpa"],
    stepsPerRound: 4,
    // Frozen weights have no gradient of their own.
    products: [
      { m: MINILM_ROWS, k: 384, n: 384, times: 2 * 4 * 6 },
      { m: MINILM_ROWS, k: 384, n: 1536, times: 2 * 6 },
      { m: MINILM_ROWS, k: 1536, n: 384, times: 2 * 6 },
    ],
  },
  lstm: {
    title: "LSTM 64-128, batch 32, 50 times, Adam",
    network: LSTM_LONG,
    training: () => recurrent(LSTM_LONG),
    learningRate: 1e-3,
    modes: ["one", "many:10"],
    peers: ["default", "fused"],
    stepsPerRound: 30,
    products: unrolled(LSTM_LONG, 4),
  },
  gru: {
    title: "GRU 64-128, batch 32, 50 times, Adam",
    network: GRU_LONG,
    training: () => recurrent(GRU_LONG),
    learningRate: 1e-3,
    modes: ["one", "many:10"],
    peers: ["default", "fused"],
    stepsPerRound: 30,
    products: unrolled(GRU_LONG, 3),
  },
};

const TOWERS = {
  kind: "two-tower",
  users: 50,
  items: 40,
  width: 16,
  outputs: 8,
  temperature: 0.1,
  batch: 24,
  optimiser: "adam",
} as const;

const keyBias = (parameter: string): boolean => parameter.endsWith(".k.b");

const SMALL_ENCODER = {
  kind: "encoder",
  vocabulary: 200,
  width: 32,
  heads: 4,
  layers: 2,
  inner: 64,
  length: 16,
  batch: 4,
  classes: 3,
  optimiser: "adam",
} as const;
const SMALL_DECODER = { ...SMALL_ENCODER, kind: "decoder" } as const;
const LORA = { ...SMALL_ENCODER, rank: 4, alpha: 8 } as const;
const SMALL_CNN = { kind: "cnn", batch: 8, optimiser: "adam" } as const;
const RESNET = {
  kind: "resnet",
  widths: [16, 16, 32],
  strides: [1, 2],
  size: 12,
  batch: 6,
  optimiser: "adam",
} as const;

const LSTM = {
  kind: "lstm",
  inputs: 6,
  hidden: 12,
  length: 9,
  batch: 5,
  classes: 4,
  optimiser: "adam",
} as const;
const GRU = { ...LSTM, kind: "gru" } as const;

/** Those that are held against PyTorch step by step. */
export const PARITY_CASES: Readonly<Record<string, TrainingCase>> = {
  "mlp-tiny": CASES["mlp-tiny"] as TrainingCase,
  "mlp-784": CASES["mlp-784"] as TrainingCase,
  encoder: {
    network: SMALL_ENCODER,
    training: () => encoder(SMALL_ENCODER),
    learningRate: 1e-3,
    unstable: keyBias,
  },
  decoder: {
    network: SMALL_DECODER,
    training: () => decoder(SMALL_DECODER),
    learningRate: 1e-3,
    unstable: keyBias,
  },
  cnn: { network: SMALL_CNN, training: () => cnn(SMALL_CNN), learningRate: 1e-3 },
  resnet: { network: RESNET, training: () => resnet(RESNET), learningRate: 1e-3 },
  lora: { network: LORA, training: () => encoder(LORA), learningRate: 1e-3 },
  gru: { network: GRU, training: () => recurrent(GRU), learningRate: 1e-3 },
  lstm: { network: LSTM, training: () => recurrent(LSTM), learningRate: 1e-3 },
  "two-tower": { network: TOWERS, training: () => twoTower(TOWERS), learningRate: 1e-3 },
};
