import { operators, product, sizeAt } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";
import { allButChannels, alongChannels, standardised, standardSlope } from "./normalization.ts";

export const GroupNormalization = defineOp(operators.GroupNormalization, {
  grad: ({ dy, g, inputs: [x, scale], attributes: { epsilon, num_groups } }) => {
    const grouped = (value: Value): Value => {
      const [batch = 1, ...rest] = value.shape;
      const size = Number(product(rest)) / num_groups;
      return g.reshape(value, [batch, num_groups, size]);
    };
    const { standard, inverse } = standardised(g, grouped(x), [2], epsilon);
    const sum = (value: Value): Value => g.reduceSum(value, { axes: allButChannels(x) });
    return [
      () => {
        const slope = grouped(g.mul(dy, alongChannels(g, scale, x)));
        return g.reshapeLike(standardSlope(g, { slope, standard, inverse }, [2]), x);
      },
      () => sum(g.mul(dy, g.reshapeLike(standard, x))),
      () => sum(dy),
    ];
  },
  cases: [
    { inputs: [["N", 4, 3], [4], [4]], attributes: { num_groups: 2 } },
    { inputs: [["N", 4, 3, 2], [4], [4]], attributes: { num_groups: 1 } },
  ],
  check: "float32",
});

/** What the operator adds to the deviation. */
const LEAST_DEVIATION = 1e-9;

export const MeanVarianceNormalization = defineOp(operators.MeanVarianceNormalization, {
  grad: ({ dy, g, inputs: [x], attributes: { axes } }) => [
    () => {
      const within = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
      const { standard, inverse } = standardised(g, x, within, LEAST_DEVIATION);
      return standardSlope(g, { slope: dy, standard, inverse }, within);
    },
  ],
  cases: [{ inputs: [["N", 2, 3, 4]] }, { inputs: [["N", 4]], attributes: { axes: [1] } }],
  check: "float32",
});

export const LRN = defineOp(operators.LRN, {
  // y = x · s^−β with s = bias + α/size · Σ x² over neighbouring channels.
  grad: ({ dy, g, inputs: [x], attributes: { alpha, beta, bias, size } }) => [
    () => {
      const share = alpha / size;
      const s = g.add(g.mul(neighbours(g, g.square(x), size), share), bias);
      const along = g.mul(g.mul(dy, x), g.pow(s, -beta - 1));
      const back = g.mul(neighbours(g, along, size), 2 * share * beta);
      return g.sub(g.mul(dy, g.pow(s, -beta)), g.mul(x, back));
    },
  ],
  cases: [
    { inputs: [["N", 4, 2, 3]], attributes: { size: 3, alpha: 0.5 } },
    { inputs: [["N", 5, 2, 2]], attributes: { size: 5, alpha: 0.5, beta: 0.5, bias: 2 } },
  ],
  check: "float32",
});

/** Sums over each channel and those beside it, `size` in all: the runtime takes odd sizes only. */
function neighbours(g: Graph, x: Value, size: number): Value {
  const [batch = 1, , ...inside] = x.shape;
  const channels = sizeAt(x.shape, 1);
  const band = Array.from({ length: channels * channels }, (_, i) =>
    Number(Math.abs(Math.floor(i / channels) - (i % channels)) <= size >> 1),
  );
  const flat = g.reshape(x, [batch, channels, product(inside)]);
  return g.reshapeLike(g.matmul(g.constant(band, x.dtype, [channels, channels]), flat), x);
}

export const builders = (): object => ({});
