import { sameShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, int, string } from "./operator.ts";

export const Gather = defineOperator({
  name: "Gather",
  attributes: { axis: int(0) },
  shape: ([x, indices], { attributes: { axis } }) => x.toSpliced(axis, 1, ...indices),
});

/** Shape of what `indices` address in `x`. */
function addressed(x: Shape, indices: Shape): Shape {
  const depth = indices.at(-1);
  if (typeof depth !== "number" || depth > x.length) {
    throw new ShapeError("The last axis of the indices must count axes of the data");
  }
  return [...indices.slice(0, -1), ...x.slice(depth)];
}

export const GatherND = defineOperator({
  name: "GatherND",
  shape: ([x, indices]) => addressed(x, indices),
});

export const ScatterND = defineOperator({
  name: "ScatterND",
  attributes: { reduction: string("none") },
  shape: ([x, indices, updates]) => {
    if (!sameShape(updates, addressed(x, indices))) {
      throw new ShapeError("The updates don't fit the indices");
    }
    return x;
  },
});
