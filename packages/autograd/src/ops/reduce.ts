import { axisOf, constantInts, operators, product } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Case, Cases, GradientSite, Op } from "../op.ts";
import type { Value } from "../value.ts";

export interface ReduceOptions {
  /** Negative ones count from the end. Default: all axes. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

export interface ReduceBuilders {
  reduceSum(x: Value, options?: ReduceOptions): Value;
  reduceMean(x: Value, options?: ReduceOptions): Value;
  /** Of several greatest entries each gets an equal share of the slope. */
  reduceMax(x: Value, options?: ReduceOptions): Value;
  /** int64 index of the first greatest entry along `axis`, which goes away unless kept. */
  argMax(x: Value, axis: number, options?: { readonly keepDims?: boolean }): Value;
}

const reduceCases: Cases<typeof operators.ReduceSum.attributes> = [
  reduceCase([0], 0),
  reduceCase([1], 1),
  reduceCase([0, 2], 0),
  reduceCase([0, 1, 2], 0),
  reduceCase([-1, -2], 1),
];

function reduceCase(
  axes: readonly number[],
  keepdims: 0 | 1,
): Case<typeof operators.ReduceSum.attributes> {
  return { inputs: [["N", 3, 4], { ints: axes }], attributes: { keepdims } };
}

type ReduceSite = GradientSite<typeof operators.ReduceSum.attributes>;

/** `value`, which has the output's shape, with the reduced axes back in place. */
const restoreAxes = ({ g, inputs: [x, axes], attributes }: ReduceSite, value: Value): Value =>
  attributes.keepdims
    ? value
    : g.unsqueeze(
        value,
        constantInts(axes, "axes").map((axis) => axisOf(axis, x.shape.length)),
      );

export const ReduceSum = defineOp(operators.ReduceSum, {
  grad: (site) => [() => site.g.expandLike(restoreAxes(site, site.dy), site.inputs[0])],
  cases: reduceCases,
});

export const ReduceMean = defineOp(operators.ReduceMean, {
  grad: (site) => [
    () => {
      const { g, dy, y, inputs } = site;
      const [x] = inputs;
      // Divided before it is spread: there is less of it.
      const share = g.div(dy, countPerOutput(g, x, y));
      return g.expandLike(restoreAxes(site, share), x);
    },
  ],
  cases: reduceCases,
});

/** How many entries of `x` went into one of `y`, as a scalar of their type. */
function countPerOutput(g: Graph, x: Value, y: Value): Value {
  const [before, after] = [product(x.shape), product(y.shape)];
  if (typeof before === "number" && typeof after === "number") {
    return g.constant(before / after, x.dtype);
  }
  return g.div(g.cast(g.elementCount(x), x.dtype), g.cast(g.elementCount(y), x.dtype));
}

export const ReduceMax = defineOp(operators.ReduceMax, {
  grad: (site) => [
    () => {
      const { g, dy, y, inputs } = site;
      const [x, axes] = inputs;
      const isMax = g.cast(g.equal(x, restoreAxes(site, y)), x.dtype);
      // Ties split the slope evenly: each of them was the max.
      const ties = g.reduceSum(isMax, { axes: constantInts(axes, "axes"), keepDims: true });
      return g.mul(isMax, g.div(restoreAxes(site, dy), ties));
    },
  ],
  cases: reduceCases,
});

export const ArgMax = defineOp(operators.ArgMax, {
  grad: flat("answers an index"),
  cases: [
    { inputs: [["N", 3]], attributes: { axis: -1, keepdims: 0 } },
    { inputs: [["N", 3, 4]], attributes: { axis: 1, keepdims: 1 } },
  ],
});

export function builders(g: Graph): ReduceBuilders {
  const reduction =
    (op: Op) =>
    (x: Value, options: ReduceOptions = {}) => {
      const axes = options.axes ?? x.shape.map((_, axis) => axis);
      // The operator takes an empty list to mean all axes.
      if (axes.length === 0) return x;
      const keepdims = options.keepDims ? 1 : 0;
      return g.emit(op, [x, g.constant(axes, "int64")], { keepdims });
    };
  return {
    reduceSum: reduction(ReduceSum),
    reduceMean: reduction(ReduceMean),
    reduceMax: reduction(ReduceMax),
    argMax: (x, axis, options = {}) =>
      g.emit(ArgMax, [x], { axis, keepdims: options.keepDims ? 1 : 0 }),
  };
}
