import { axisOf, product } from "../dim.ts";
import { rankWithout, reducedAxes, unknownSizes } from "./axes.ts";
import { defineOperator, given, int, type ShapeRule } from "./operator.ts";

const REDUCE = { keepdims: int(1), noop_with_empty_axes: int(0) };

const reduced: ShapeRule<typeof REDUCE> = ([x], site) => {
  const axes = given(site.inputs, 1);
  if (axes !== undefined && axes.content === null) {
    return unknownSizes(site.attributes.keepdims ? x.length : rankWithout(x, axes), site.unknown);
  }
  const gone = new Set(reducedAxes(site, x.length));
  return x.flatMap((dim, axis) => {
    if (!gone.has(axis)) return [dim];
    return site.attributes.keepdims ? [1] : [];
  });
};

const reduction = (name: string) => defineOperator({ name, attributes: REDUCE, shape: reduced });

export const ReduceSum = reduction("ReduceSum");
export const ReduceMean = reduction("ReduceMean");
export const ReduceMax = reduction("ReduceMax");
export const ReduceMin = reduction("ReduceMin");
export const ReduceL1 = reduction("ReduceL1");
export const ReduceL2 = reduction("ReduceL2");
export const ReduceLogSum = reduction("ReduceLogSum");
export const ReduceLogSumExp = reduction("ReduceLogSumExp");
export const ReduceSumSquare = reduction("ReduceSumSquare");

export const ReduceProd = defineOperator({
  name: "ReduceProd",
  attributes: REDUCE,
  shape: reduced,
  content: ({ inputs: [x] }) => x.content && [product(x.content)],
});

const INDEX = { axis: int(0), keepdims: int(1), select_last_index: int(0) };

const indexed = (name: string) =>
  defineOperator({
    name,
    attributes: INDEX,
    shape: ([x], { attributes: { axis, keepdims } }) =>
      x.toSpliced(axisOf(axis, x.length), 1, ...(keepdims ? [1] : [])),
    dtype: () => "int64",
  });

export const ArgMax = indexed("ArgMax");
export const ArgMin = indexed("ArgMin");
