import { axisOf, operators, product, sizeAt } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Slopes } from "../op.ts";
import type { Shape, Value } from "../value.ts";

export interface NormalizationBuilders {
  /** Over the last axis, then times `scale` plus `bias`, each of that axis's size. */
  layerNorm(x: Value, scale: Value, bias?: Value | null, epsilon?: number): Value;
  /** As inference does it: with a mean and a variance [channels] that are given. */
  batchNorm(x: Value, parameters: BatchNormParameters, epsilon?: number): Value;
  /**
   * As training does it: with the batch's own mean and variance. The running ones go on by
   * the share 1 − momentum.
   */
  batchNormTraining(
    x: Value,
    parameters: BatchNormParameters,
    options?: BatchNormOptions,
  ): BatchNormed;
}

/** Each [channels]. */
export interface BatchNormParameters {
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

export interface BatchNormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the running statistics that stays. Default 0.9. */
  readonly momentum?: number;
}

export interface BatchNormed {
  readonly y: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/** [channels] as [1, channels, 1, …], to go with `x`. */
export const alongChannels = (g: Graph, value: Value, x: Value): Value =>
  g.reshape(value, [1, value.shape[0] ?? 1, ...x.shape.slice(2).map(() => 1)]);

export const allButChannels = (x: Value): number[] =>
  x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);

/** Mean over `axes`, which stay with size 1. */
const mean = (g: Graph, x: Value, axes: readonly number[]): Value =>
  g.reduceMean(x, { axes, keepDims: true });

/**
 * The slope of x̂ = (x − mean) · inverse over `axes`, for the slope `dx̂` of its result:
 * inverse · (dx̂ − mean dx̂ − x̂ · mean(dx̂ · x̂)).
 */
export function standardSlope(
  g: Graph,
  { slope, standard, inverse }: { slope: Value; standard: Value; inverse: Value },
  axes: readonly number[],
): Value {
  const along = g.mul(standard, mean(g, g.mul(slope, standard), axes));
  return g.mul(g.sub(g.sub(slope, mean(g, slope, axes)), along), inverse);
}

/** (x − mean) · (variance + ε)^−½ over `axes`, and its parts. */
export function standardised(g: Graph, x: Value, axes: readonly number[], epsilon: number) {
  const centred = g.sub(x, mean(g, x, axes));
  const variance = mean(g, g.square(centred), axes);
  const inverse = g.reciprocal(g.sqrt(g.add(variance, epsilon)));
  return { centred, inverse, standard: g.mul(centred, inverse) };
}

export const BatchNormalization = defineOp(operators.BatchNormalization, {
  grad: ({ dy, g, inputs, slopes, attributes }) => {
    const [x, scale, , runningMean = x, variance = x] = inputs;
    const { epsilon, training_mode, momentum } = attributes;
    if (training_mode === 0) {
      return inferenceSlopes(g, { dy, x, scale, mean: runningMean, variance, epsilon });
    }
    const axes = allButChannels(x);
    const channels = (value: Value) => alongChannels(g, value, x);
    const sum = (value: Value) => g.reduceSum(value, { axes });
    const { centred, inverse, standard } = standardised(g, x, axes, epsilon);
    const [, ofMean = null, ofVariance = null] = slopes;
    const count = g.div(g.cast(g.elementCount(x), x.dtype), g.cast(g.elementCount(scale), x.dtype));
    return [
      () => {
        const slope = g.mul(dy, channels(scale));
        let dx = standardSlope(g, { slope, standard, inverse }, axes);
        // The running statistics are the batch's, by the share 1 − momentum.
        if (ofMean !== null) {
          dx = g.add(dx, g.div(g.mul(channels(ofMean), 1 - momentum), count));
        }
        if (ofVariance !== null) {
          const share = g.div(g.mul(channels(ofVariance), 2 * (1 - momentum)), count);
          dx = g.add(dx, g.mul(centred, share));
        }
        return dx;
      },
      () => sum(g.mul(dy, standard)),
      () => sum(dy),
      () => (ofMean === null ? g.zerosLike(scale) : g.mul(ofMean, momentum)),
      () => (ofVariance === null ? g.zerosLike(scale) : g.mul(ofVariance, momentum)),
    ];
  },
  cases: [
    { inputs: [["N", 2, 3], [2], [2], [2], { shape: [2], between: [0.5, 2] }] },
    {
      inputs: [["N", 2, 3, 2], [2], [2], [2], { shape: [2], between: [0.5, 2] }],
      attributes: { training_mode: 1, momentum: 0.7 },
    },
  ],
  check: "float32",
});

interface InferenceParts {
  readonly dy: Value;
  readonly x: Value;
  readonly scale: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly epsilon: number;
}

function inferenceSlopes(g: Graph, parts: InferenceParts): Slopes {
  const { dy, x, scale, variance, epsilon } = parts;
  const axes = allButChannels(x);
  const sum = (value: Value) => g.reduceSum(value, { axes });
  const inverse = g.reciprocal(g.sqrt(g.add(variance, epsilon)));
  const centred = g.sub(x, alongChannels(g, parts.mean, x));
  return [
    () => g.mul(dy, alongChannels(g, g.mul(scale, inverse), x)),
    () => g.mul(sum(g.mul(dy, centred)), inverse),
    () => sum(dy),
    () => g.neg(g.mul(sum(dy), g.mul(scale, inverse))),
    () => {
      const cube = g.mul(inverse, g.square(inverse));
      return g.mul(sum(g.mul(dy, centred)), g.mul(g.mul(scale, cube), -0.5));
    },
  ];
}

export const InstanceNormalization = defineOp(operators.InstanceNormalization, {
  grad: ({ dy, g, inputs: [x, scale], attributes: { epsilon } }) => {
    const axes = x.shape.map((_, axis) => axis).slice(2);
    const { standard, inverse } = standardised(g, x, axes, epsilon);
    const sum = (value: Value) => g.reduceSum(value, { axes: allButChannels(x) });
    return [
      () => {
        const slope = g.mul(dy, alongChannels(g, scale, x));
        return standardSlope(g, { slope, standard, inverse }, axes);
      },
      () => sum(g.mul(dy, standard)),
      () => sum(dy),
    ];
  },
  cases: [{ inputs: [["N", 2, 4], [2], [2]] }, { inputs: [["N", 2, 3, 2], [2], [2]] }],
  check: "float32",
});

/** The axes from `axis` on. */
const from = (axis: number, rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => i).slice(axisOf(axis, rank));

export const LayerNormalization = defineOp(operators.LayerNormalization, {
  grad: ({ dy, g, inputs, outputs, slopes, attributes }) => {
    const [x, scale] = inputs;
    const axes = from(attributes.axis, x.shape.length);
    const [, average = x, deviation = x] = outputs;
    const inverse = g.cast(deviation, x.dtype);
    const centred = g.sub(x, g.cast(average, x.dtype));
    const standard = g.mul(centred, inverse);
    const [, ofMean = null, ofInverse = null] = slopes;
    return [
      () => {
        let dx = standardSlope(g, { slope: g.mul(dy, scale), standard, inverse }, axes);
        if (ofMean !== null) dx = g.add(dx, shared(g, g.cast(ofMean, x.dtype), x, axes));
        if (ofInverse !== null) {
          // The inverse falls by its cube as the variance grows.
          const cube = g.mul(inverse, g.square(inverse));
          const part = g.neg(g.mul(g.cast(ofInverse, x.dtype), cube));
          dx = g.add(dx, g.mul(centred, shared(g, part, x, axes)));
        }
        return dx;
      },
      () => g.mul(dy, standard),
      () => dy,
    ];
  },
  cases: [
    { inputs: [["N", 4], [4], [4]] },
    { inputs: [["N", 3, 4], [4]] },
    {
      inputs: [
        ["N", 3, 4],
        [3, 4],
      ],
      attributes: { axis: 1 },
    },
  ],
  check: "float32",
});

/** `value`, which has the reduced shape, divided over the entries that went into it. */
function shared(g: Graph, value: Value, x: Value, axes: readonly number[]): Value {
  const sizes: Shape = axes.map((axis) => sizeAt(x.shape, axis));
  return g.mul(value, 1 / Number(product(sizes)));
}

export const RMSNormalization = defineOp(operators.RMSNormalization, {
  grad: ({ dy, g, inputs: [x, scale], attributes: { axis, epsilon } }) => {
    const axes = from(axis, x.shape.length);
    const inverse = g.reciprocal(g.sqrt(g.add(mean(g, g.square(x), axes), epsilon)));
    const standard = g.mul(x, inverse);
    return [
      () => {
        const slope = g.mul(dy, scale);
        const along = g.mul(standard, mean(g, g.mul(slope, standard), axes));
        return g.mul(g.sub(slope, along), inverse);
      },
      () => g.mul(dy, standard),
    ];
  },
  cases: [{ inputs: [["N", 4], [4]] }, { inputs: [["N", 3, 4], [4]] }],
  check: "float32",
});

export const LpNormalization = defineOp(operators.LpNormalization, {
  // y = x / n with n = |x|₂ or |x|₁: dx = (dy − dn/dx · Σ dy·y) / n.
  grad: ({ dy, y, g, inputs: [x], attributes: { axis, p } }) => [
    () => {
      const axes = [axisOf(axis, x.shape.length)];
      const total = (value: Value) => g.reduceSum(value, { axes, keepDims: true });
      const along = total(g.mul(dy, y));
      if (p === 1) return g.div(g.sub(dy, g.mul(g.sign(x), along)), total(g.abs(x)));
      return g.div(g.sub(dy, g.mul(y, along)), g.sqrt(total(g.square(x))));
    },
  ],
  cases: [{ inputs: [["N", 4]] }, { inputs: [["N", 3, 4]], attributes: { axis: 1, p: 1 } }],
});

export function builders(g: Graph): NormalizationBuilders {
  return {
    layerNorm: (x, scale, bias = null, epsilon = 1e-5) =>
      g.emit(LayerNormalization, bias === null ? [x, scale] : [x, scale, bias], { epsilon }),
    batchNorm: (x, { scale, bias, mean: average, variance }, epsilon = 1e-5) =>
      g.emit(BatchNormalization, [x, scale, bias, average, variance], { epsilon }),
    batchNormTraining(x, { scale, bias, mean: average, variance }, options = {}) {
      const { epsilon = 1e-5, momentum = 0.9 } = options;
      const inputs = [x, scale, bias, average, variance];
      const attributes = { epsilon, momentum, training_mode: 1 };
      const [y = x, nextMean = average, nextVariance = variance] = g.emitAll(
        BatchNormalization,
        inputs,
        attributes,
      );
      return { y, mean: nextMean, variance: nextVariance };
    },
  };
}
