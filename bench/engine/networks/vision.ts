import {
  adam,
  crossEntropy,
  dense,
  denseParameters,
  type Graph,
  he,
  type NamedValues,
  normal,
  ones,
  type ParameterSpec,
  randomStream,
  type Value,
  valueOf,
  zeros,
} from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Training } from "../cases.ts";

interface CnnNetwork {
  readonly batch: number;
}

const CLASSES = 10;

const kernel = (name: string, outputs: number, inputs: number, size: number): ParameterSpec => ({
  name: `${name}.k`,
  shape: [outputs, inputs, size, size],
  initial: normal(Math.sqrt(2 / (inputs * size * size))),
});

/** Pictures [batch, channels, size, size] of noise with classes at random. */
function pictures(batch: number, channels: number, size: number) {
  return (seed: number) => {
    const random = randomStream(seed);
    const pixels = batch * channels * size * size;
    const x = Float32Array.from({ length: pixels }, (_, k) => random.normal(k));
    const y = new Float32Array(batch * CLASSES);
    for (let row = 0; row < batch; row++)
      y[row * CLASSES + random.below(CLASSES, row, 1)] = 1 / batch;
    return {
      x: tensor("float32", [batch, channels, size, size], x),
      y: tensor("float32", [batch, CLASSES], y),
    };
  };
}

const inputsOf = (channels: number, size: number): Training["step"]["batch"] => [
  { name: "x", dtype: "float32", shape: ["N", channels, size, size] },
  { name: "y", dtype: "float32", shape: ["N", CLASSES] },
];

/** Three convolutions of 16, 32 and 64 channels over 28×28, two pools, and the mean of what is left. */
export function cnn({ batch }: CnnNetwork): Training {
  const widths = [1, 16, 32, 64];
  return {
    step: {
      parameters: [
        ...[0, 1, 2].flatMap((i) => [
          kernel(`c${i}`, widths[i + 1] ?? 1, widths[i] ?? 1, 3),
          { name: `c${i}.b`, shape: [widths[i + 1] ?? 1], initial: zeros },
        ]),
        ...denseParameters("head", 64, CLASSES),
      ],
      batch: inputsOf(1, 28),
      build(g, p, inputs) {
        const conv = (x: Value, name: string, strides: readonly number[]): Value =>
          g.relu(
            g.conv(x, valueOf(p, `${name}.k`), valueOf(p, `${name}.b`), {
              pads: [1, 1, 1, 1],
              strides,
            }),
          );
        let x = g.maxPool(conv(valueOf(inputs, "x"), "c0", [1, 1]), [2, 2]);
        x = g.maxPool(conv(x, "c1", [1, 1]), [2, 2]);
        const pooled = g.globalAveragePool(conv(x, "c2", [2, 2]));
        return { loss: crossEntropy(g, dense(g, p, pooled, "head"), valueOf(inputs, "y")) };
      },
      optimiser: adam(),
    },
    batch: pictures(batch, 1, 28),
  };
}

interface ResnetNetwork {
  readonly widths: readonly number[];
  readonly strides: readonly number[];
  readonly size: number;
  readonly batch: number;
}

/** Blocks of two convolutions with batch normalisation, and a way around each. */
export function resnet({ widths, strides, size, batch }: ResnetNetwork): Training {
  const normalised = (
    name: string,
    outputs: number,
    inputs: number,
    extent = 3,
  ): ParameterSpec[] => [
    kernel(name, outputs, inputs, extent),
    { name: `${name}.scale`, shape: [outputs], initial: ones },
    { name: `${name}.bias`, shape: [outputs], initial: zeros },
  ];
  const blocks = strides.map((stride, i) => ({
    name: `block${i}`,
    stride,
    inputs: widths[i] ?? 1,
    outputs: widths[i + 1] ?? 1,
  }));
  return {
    step: {
      parameters: [
        ...normalised("stem", widths[0] ?? 1, 3),
        ...blocks.flatMap(({ name, stride, inputs, outputs }) => [
          ...normalised(`${name}.first`, outputs, inputs),
          ...normalised(`${name}.second`, outputs, outputs),
          ...(stride > 1 || inputs !== outputs
            ? normalised(`${name}.skip`, outputs, inputs, 1)
            : []),
        ]),
        { name: "head.w", shape: [widths.at(-1) ?? 1, CLASSES], initial: he },
        { name: "head.b", shape: [CLASSES], initial: zeros },
      ],
      batch: inputsOf(3, size),
      build(g, p, inputs) {
        let x = g.relu(convolved(g, p, valueOf(inputs, "x"), "stem", 1));
        for (const { name, stride } of blocks) {
          const first = g.relu(convolved(g, p, x, `${name}.first`, stride));
          const second = convolved(g, p, first, `${name}.second`, 1);
          const around = p[`${name}.skip.k`] ? convolved(g, p, x, `${name}.skip`, stride) : x;
          x = g.relu(g.add(second, around));
        }
        const pooled = g.globalAveragePool(x);
        return { loss: crossEntropy(g, dense(g, p, pooled, "head"), valueOf(inputs, "y")) };
      },
      optimiser: adam(),
    },
    batch: pictures(batch, 3, size),
  };
}

/** A convolution that keeps sizes but for its stride, normalised over the batch. */
function convolved(g: Graph, p: NamedValues, x: Value, name: string, stride: number): Value {
  const weights = valueOf(p, `${name}.k`);
  const pad = Number(weights.shape[2]) >> 1;
  const y = g.conv(x, weights, null, { pads: [pad, pad, pad, pad], strides: [stride, stride] });
  const [scale, bias] = [valueOf(p, `${name}.scale`), valueOf(p, `${name}.bias`)];
  const channels = Number(weights.shape[0]);
  // The running statistics have no say in training.
  const [mean, variance] = [0, 1].map((value) =>
    g.constant(
      Array.from({ length: channels }, () => value),
      "float32",
    ),
  );
  return g.batchNormTraining(y, { scale, bias, mean: mean ?? bias, variance: variance ?? scale }).y;
}
