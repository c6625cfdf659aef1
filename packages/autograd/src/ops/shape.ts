import { isStatic, operators, product, sameShape, showShape } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Shape, Value } from "../value.ts";

/** Sizes as values, and changes of shape that leave the elements in their order. */
export interface ShapeBuilders {
  /** Sizes of `x` as an int64 vector: a constant where all are known, else read while running. */
  shapeOf(x: Value): Value;
  /** Number of elements of `x`, an int64 scalar. */
  elementCount(x: Value): Value;
  /**
   * A symbolic size of `shape` is either that of `x` at the same axis, or the one size that
   * follows from all others. Where that isn't enough there is `reshapeLike`.
   */
  reshape(x: Value, shape: Shape): Value;
  reshapeLike(x: Value, reference: Value): Value;
  /** [..., last] to [product of the others, last]. */
  flatten2(x: Value): Value;
  /** Axes of size 1 at these places of the result. */
  unsqueeze(x: Value, axes: readonly number[]): Value;
  /** Without these axes, which have size 1. */
  squeeze(x: Value, axes: readonly number[]): Value;
  /** Broadcasts to known sizes. */
  expand(x: Value, shape: readonly number[]): Value;
  expandLike(x: Value, reference: Value): Value;
  zerosLike(x: Value): Value;
}

const answersSizes = flat("answers sizes");

export const ShapeOp = defineOp(operators.Shape, {
  grad: answersSizes,
  cases: [{ inputs: [["N", 3]] }, { inputs: [[2, "N", 3]] }],
});

export const Size = defineOp(operators.Size, {
  grad: answersSizes,
  cases: [{ inputs: [["N", 3]] }],
});

export const Reshape = defineOp(operators.Reshape, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.reshapeLike(dy, x)],
  cases: [
    { inputs: [[2, 6], { ints: [3, 4] }] },
    { inputs: [["N", 6], { ints: [0, 2, 3] }] },
    { inputs: [["N", 3, 4], { ints: [-1, 4] }] },
    { inputs: [["N", "M", 4], { ints: [-1, 2] }] },
    { inputs: [["N", 6], { sizesOf: ["N", 2, 3] }] },
  ],
});

export const Unsqueeze = defineOp(operators.Unsqueeze, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.reshapeLike(dy, x)],
  cases: [
    { inputs: [["N", 3], { ints: [1] }] },
    { inputs: [["N"], { ints: [0, 2] }] },
    { inputs: [["N", 3], { ints: [-1] }] },
  ],
});

export const Squeeze = defineOp(operators.Squeeze, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.reshapeLike(dy, x)],
  cases: [
    { inputs: [["N", 1, 3], { ints: [1] }] },
    { inputs: [[1, "N", 1], { ints: [0, -1] }] },
    { inputs: [[1, "N", 1]] },
  ],
});

export const Expand = defineOp(operators.Expand, {
  grad: ({ dy }) => [() => dy],
  cases: [
    { inputs: [[3, 1], { ints: [2, 3, 4] }] },
    { inputs: [[], { ints: [2, 3] }] },
    { inputs: [["N", 1], { sizesOf: ["N", 3] }] },
    { inputs: [[3], { sizesOf: ["N", 3] }] },
  ],
});

export const Flatten = defineOp(operators.Flatten, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.reshapeLike(dy, x)],
  cases: [
    { inputs: [["N", 3, 4]] },
    { inputs: [["N", 3, 4]], attributes: { axis: -1 } },
    { inputs: [["N", 3]], attributes: { axis: 0 } },
  ],
});

const holdsNone = flat("holds values of its own");

export const ConstantOfShape = defineOp(operators.ConstantOfShape, {
  grad: holdsNone,
  cases: [{ inputs: [{ ints: [2, 3] }] }, { inputs: [{ sizesOf: ["N", 3] }] }],
});

export const EyeLike = defineOp(operators.EyeLike, {
  grad: holdsNone,
  cases: [{ inputs: [["N", 3]], attributes: { k: 1 } }],
});

export const Range = defineOp(operators.Range, {
  grad: flat("its bounds are taken as constants"),
  cases: [{ inputs: [{ int: 0 }, { int: 6 }, { int: 2 }] }],
});

/** `shape` in the words of Reshape, or undefined where they don't suffice. */
function reshapeTarget(x: Shape, shape: Shape): number[] | undefined {
  let open = 0;
  const target = shape.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    if (x[axis] === dim) return 0;
    open += 1;
    return -1;
  });
  return open > 1 ? undefined : target;
}

export function builders(g: Graph): ShapeBuilders {
  return {
    shapeOf: (x) => (isStatic(x.shape) ? g.constant(x.shape, "int64") : g.emit(ShapeOp, [x])),
    elementCount: (x) => g.emit(Size, [x]),
    reshape(x, shape) {
      if (sameShape(x.shape, shape)) return x;
      const target = reshapeTarget(x.shape, shape);
      if (target === undefined) {
        throw new GraphError(`${showShape(shape)} doesn't follow from ${showShape(x.shape)}`);
      }
      return g.emit(Reshape, [x, g.constant(target, "int64")]);
    },
    reshapeLike: (x, reference) =>
      sameShape(x.shape, reference.shape)
        ? x
        : // A size of 0 is meant as such.
          g.emit(Reshape, [x, g.shapeOf(reference)], {
            allowzero: reference.shape.includes(0) ? 1 : 0,
          }),
    flatten2: (x) => g.reshape(x, [product(x.shape.slice(0, -1)), ...x.shape.slice(-1)]),
    unsqueeze: (x, axes) => g.emit(Unsqueeze, [x, g.constant(axes, "int64")]),
    squeeze: (x, axes) => g.emit(Squeeze, [x, g.constant(axes, "int64")]),
    expand: (x, shape) =>
      sameShape(x.shape, shape) ? x : g.emit(Expand, [x, g.constant(shape, "int64")]),
    expandLike: (x, reference) =>
      sameShape(x.shape, reference.shape) ? x : g.emit(Expand, [x, g.shapeOf(reference)]),
    zerosLike: (x) => g.expandLike(g.constant(0, x.dtype), x),
  };
}
