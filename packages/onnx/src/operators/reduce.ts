import { axisOf } from "../dim.ts";
import { constantInts, defineOperator, int, type ShapeRule } from "./operator.ts";

const KEEP_DIMS = { keepdims: int(1) };

const reduced: ShapeRule<typeof KEEP_DIMS> = ([x], { inputs: [, axes], attributes }) => {
  const gone = new Set(constantInts(axes, "axes").map((axis) => axisOf(axis, x.length)));
  return x.flatMap((dim, axis) => {
    if (!gone.has(axis)) return [dim];
    return attributes.keepdims ? [1] : [];
  });
};

export const ReduceSum = defineOperator({
  name: "ReduceSum",
  attributes: KEEP_DIMS,
  shape: reduced,
});

export const ReduceMean = defineOperator({
  name: "ReduceMean",
  attributes: KEEP_DIMS,
  shape: reduced,
});

export const ReduceMax = defineOperator({
  name: "ReduceMax",
  attributes: KEEP_DIMS,
  shape: reduced,
});

export const ArgMax = defineOperator({
  name: "ArgMax",
  attributes: { axis: int(0), keepdims: int(1) },
  shape: ([x], { attributes: { axis, keepdims } }) =>
    x.toSpliced(axisOf(axis, x.length), 1, ...(keepdims ? [1] : [])),
  dtype: () => "int64",
});
