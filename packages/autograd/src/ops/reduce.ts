import { operators, product, reducedAxes } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Case, Cases, GradientSite, Op, Slopes } from "../op.ts";
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
  /** Of several least entries each gets an equal share of the slope. */
  reduceMin(x: Value, options?: ReduceOptions): Value;
  /** ln Σ eˣ, without overflow. */
  logSumExp(x: Value, options?: ReduceOptions): Value;
  /** int64 index of the first greatest entry along `axis`, which goes away unless kept. */
  argMax(x: Value, axis: number, options?: { readonly keepDims?: boolean }): Value;
}

const reduceCases: Cases<typeof operators.ReduceSum.attributes> = [
  { inputs: [["N", 3]] },
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
const restoreAxes = (site: ReduceSite, value: Value): Value => {
  if (site.attributes.keepdims === 1) return value;
  const axes = axesOf(site);
  return axes.length === 0 ? value : site.g.unsqueeze(value, axes);
};

const axesOf = (site: ReduceSite): readonly number[] =>
  reducedAxes(site, site.inputs[0].shape.length);

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

/** The slope goes to the entries that are the answer. */
function extremeSlope(site: ReduceSite): Value {
  const { g, dy, y, inputs } = site;
  const chosen = g.cast(g.equal(inputs[0], restoreAxes(site, y)), inputs[0].dtype);
  // Ties split the slope evenly: each of them was the answer.
  const ties = g.reduceSum(chosen, { axes: axesOf(site), keepDims: true });
  return g.mul(chosen, g.div(restoreAxes(site, dy), ties));
}

export const ReduceMax = defineOp(operators.ReduceMax, {
  grad: (site) => [() => extremeSlope(site)],
  cases: reduceCases,
});

export const ReduceMin = defineOp(operators.ReduceMin, {
  grad: (site) => [() => extremeSlope(site)],
  cases: reduceCases,
});

/** A reduction whose slope at x is that of y times `factor`. */
const scaled =
  (factor: (site: ReduceSite, y: Value) => Value) =>
  (site: ReduceSite): Slopes => [
    () => site.g.mul(restoreAxes(site, site.dy), factor(site, restoreAxes(site, site.y))),
  ];

export const ReduceSumSquare = defineOp(operators.ReduceSumSquare, {
  grad: scaled(({ g, inputs: [x] }) => g.mul(x, 2)),
  cases: reduceCases,
});

export const ReduceL1 = defineOp(operators.ReduceL1, {
  grad: scaled(({ g, inputs: [x] }) => g.sign(x)),
  cases: reduceCases,
  check: "float32",
});

export const ReduceL2 = defineOp(operators.ReduceL2, {
  grad: scaled(({ g, inputs: [x] }, y) => g.div(x, y)),
  cases: reduceCases,
  check: "float32",
});

export const ReduceLogSum = defineOp(operators.ReduceLogSum, {
  grad: scaled(({ g, inputs: [x] }, y) => g.expandLike(g.exp(g.neg(y)), x)),
  cases: [
    {
      inputs: [{ shape: ["N", 3, 4], between: [0.5, 2] }, { ints: [1] }],
      attributes: { keepdims: 0 },
    },
  ],
  check: "float32",
});

export const ReduceLogSumExp = defineOp(operators.ReduceLogSumExp, {
  grad: scaled(({ g, inputs: [x] }, y) => g.exp(g.sub(x, y))),
  cases: reduceCases,
});

export const ReduceProd = defineOp(operators.ReduceProd, {
  // By division: an entry that is 0 has no slope here.
  grad: scaled(({ g, inputs: [x] }, y) => g.div(y, x)),
  cases: [
    {
      inputs: [{ shape: ["N", 3, 4], between: [0.5, 2] }, { ints: [1] }],
      attributes: { keepdims: 0 },
    },
    { inputs: [{ shape: ["N", 3], between: [-2, -0.5] }] },
  ],
  check: "float32",
});

export const ArgMin = defineOp(operators.ArgMin, {
  grad: flat("answers an index"),
  cases: [{ inputs: [["N", 3]], attributes: { axis: -1, keepdims: 0 } }],
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
    reduceMin: reduction(ReduceMin),
    logSumExp: reduction(ReduceLogSumExp),
    argMax: (x, axis, options = {}) =>
      g.emit(ArgMax, [x], { axis, keepdims: options.keepDims ? 1 : 0 }),
  };
}
