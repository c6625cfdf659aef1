import { axisOf, dimAt, sameShape, showShape, type Shape } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim } from "../model.ts";
import { defineOperator, int, several, string } from "./operator.ts";

export const Gather = defineOperator({
  name: "Gather",
  attributes: { axis: int(0) },
  shape: ([x, indices], { attributes: { axis } }) =>
    x.toSpliced(axisOf(axis, x.length), 1, ...indices),
  content: ({ inputs: [x, indices] }) => {
    const { content } = x;
    if (content === null || indices.content === null) return null;
    const picked = indices.content.map((index) => content.at(Number(index)));
    return picked.some((dim) => dim === undefined) ? null : (picked as readonly Dim[]);
  },
});

/** Shape of what `indices` address in `x`. */
function addressed(x: Shape, indices: Shape, batched = 0): Shape {
  const depth = indices.at(-1);
  if (typeof depth === "string") throw new UndecidedShape("How many axes are addressed is unknown");
  if (depth === undefined || batched + depth > x.length) {
    throw new ShapeError("The last axis of the indices must count axes of the data");
  }
  return [...indices.slice(0, -1), ...x.slice(batched + depth)];
}

export const GatherND = defineOperator({
  name: "GatherND",
  attributes: { batch_dims: int(0) },
  shape: ([x, indices], { attributes: { batch_dims } }) => addressed(x, indices, batch_dims),
});

export const ScatterND = defineOperator({
  name: "ScatterND",
  attributes: { reduction: string("none") },
  shape: ([x, indices, updates], site) => {
    if (!sameShape(updates, addressed(x, indices), site)) {
      throw new ShapeError("The updates don't fit the indices");
    }
    return x;
  },
});

export const GatherElements = defineOperator({
  name: "GatherElements",
  attributes: { axis: int(0) },
  shape: ([x, indices]) => {
    if (x.length !== indices.length) throw new ShapeError("Data and indices differ in axes");
    return indices;
  },
});

export const ScatterElements = defineOperator({
  name: "ScatterElements",
  attributes: { axis: int(0), reduction: string("none") },
  shape: ([x, indices, updates], site) => {
    if (!sameShape(indices, updates, site)) {
      throw new ShapeError(`Updates ${showShape(updates)} for indices ${showShape(indices)}`);
    }
    return x;
  },
});

export const OneHot = defineOperator({
  name: "OneHot",
  attributes: { axis: int(-1) },
  shape: ([indices], { inputs: [, depth], attributes: { axis }, unknown }) =>
    indices.toSpliced(axisOf(axis, indices.length + 1), 0, depth.content?.[0] ?? unknown()),
  dtype: ({ inputs: [, , values] }) => values.dtype,
});

export const TopK = defineOperator({
  name: "TopK",
  attributes: { axis: int(-1), largest: int(1), sorted: int(1) },
  shape: ([x], { inputs: [{ dtype }, k], attributes: { axis }, unknown }) => {
    const shape = x.with(axisOf(axis, x.length), k.content?.[0] ?? unknown());
    return several([
      { shape, dtype },
      { shape, dtype: "int64" },
    ]);
  },
});

/** The places of entries that aren't 0, one column each. */
export const NonZero = defineOperator({
  name: "NonZero",
  shape: ([x], { unknown }) => [x.length, unknown()],
  dtype: () => "int64",
});

export const Compress = defineOperator({
  name: "Compress",
  attributes: { axis: int(null) },
  shape: ([x], { attributes: { axis }, unknown }) =>
    axis === null ? [unknown()] : x.with(axisOf(axis, x.length), unknown()),
});

export const Unique = defineOperator({
  name: "Unique",
  attributes: { axis: int(null), sorted: int(1) },
  shape: ([x], { inputs: [{ dtype }], attributes: { axis }, unknown }) => {
    const count = unknown();
    const whole = axis === null ? [count] : x.with(axisOf(axis, x.length), count);
    const each = { shape: [count], dtype: "int64", optional: true } as const;
    const inverse = axis === null ? unknown() : dimAt(x, axisOf(axis, x.length));
    return several([{ shape: whole, dtype }, each, { ...each, shape: [inverse] }, each]);
  },
});

/** Writes `update` into `x` from a place on that each batch entry has for itself. */
export const TensorScatter = defineOperator({
  name: "TensorScatter",
  attributes: { axis: int(-2), mode: string("linear") },
  shape: ([x]) => x,
});
