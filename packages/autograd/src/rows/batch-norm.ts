import { sizeAt } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

export interface RowNorm {
  /** Each [channels]. */
  readonly scale: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
  readonly epsilon: number;
  readonly momentum: number;
}

/**
 * Batch normalisation in training over x [rows, channels], with its parts shared by the
 * slopes. Answers y, and the running mean and variance [channels].
 */
export function batchNormalized(g: Graph, x: Value, norm: RowNorm): [Value, Value, Value] {
  const { scale, bias, epsilon, momentum } = norm;
  const mean = (value: Value) => g.reduceMean(value, { axes: [0], keepDims: true });
  const average = mean(x);
  const centred = g.sub(x, average);
  const variance = mean(g.mul(centred, centred));
  const inverse = g.reciprocal(g.sqrt(g.add(variance, epsilon)));
  const factor = g.mul(inverse, scale);
  const y = g.add(g.mul(centred, factor), bias);

  g.region(y, [x, scale, bias], ({ dy }) => {
    const along = g.mul(dy, centred);
    return [
      () => {
        const share = g.mul(mean(along), g.mul(factor, g.square(inverse)));
        const level = g.mul(mean(dy), factor);
        return g.sub(g.sub(g.mul(dy, factor), g.mul(centred, share)), level);
      },
      () => g.mul(g.reduceSum(along, { axes: [0] }), g.reshape(inverse, scale.shape)),
      () => g.reduceSum(dy, { axes: [0] }),
    ];
  });

  const channels = [sizeAt(x.shape, 1)];
  const running = (before: Value, now: Value): Value =>
    g.add(g.mul(before, momentum), g.mul(g.reshape(now, channels), 1 - momentum));
  return [y, running(norm.mean, average), running(norm.variance, variance)];
}
