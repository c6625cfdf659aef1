import { broadcast, isStatic, product, quotient, sameShape, showShape } from "../dim.ts";
import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp, flat, several } from "../op.ts";
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

export const ShapeOp = defineOp({
  name: "Shape",
  shape: ([x]) => several([{ shape: [x.length], dtype: "int64", content: x }]),
  grad: answersSizes,
  cases: [{ inputs: [["N", 3]] }, { inputs: [[2, "N", 3]] }],
});

export const Size = defineOp({
  name: "Size",
  shape: () => [],
  dtype: () => "int64",
  grad: answersSizes,
  cases: [{ inputs: [["N", 3]] }],
});

/** What Reshape makes of `x` for a target whose 0 means "as it was" and -1 "what is left". */
function reshaped(x: Shape, target: Shape): Shape {
  const open = target.map((dim, axis) => (dim === 0 ? (x[axis] ?? 0) : dim));
  const others = product(open.filter((dim) => dim !== -1));
  const rest = quotient(product(x), others);
  if (rest === undefined || (rest !== 1 && !open.includes(-1))) {
    throw new GraphError(`There is no such reshape to ${showShape(target)}`);
  }
  return open.map((dim) => (dim === -1 ? rest : dim));
}

export const Reshape = defineOp({
  name: "Reshape",
  shape: ([x], { inputs: [, target] }) => {
    if (target.content === null) throw new GraphError("The target shape must be known");
    return reshaped(x, target.content);
  },
  grad: ({ dy, g, inputs: [x] }) => [() => g.reshapeLike(dy, x)],
  cases: [
    { inputs: [[2, 6], { ints: [3, 4] }] },
    { inputs: [["N", 6], { ints: [0, 2, 3] }] },
    { inputs: [["N", 3, 4], { ints: [-1, 4] }] },
    { inputs: [["N", "M", 4], { ints: [-1, 2] }] },
    { inputs: [["N", 6], { sizesOf: ["N", 2, 3] }] },
  ],
});

export const Unsqueeze = defineOp({
  name: "Unsqueeze",
  shape: ([x], { inputs: [, axes] }) => {
    const added = constantAxes(axes);
    const shape = [...x];
    for (const axis of added.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
    return shape;
  },
  grad: ({ dy, g, inputs: [, axes] }) => [() => g.squeeze(dy, constantAxes(axes))],
  cases: [{ inputs: [["N", 3], { ints: [1] }] }, { inputs: [["N"], { ints: [0, 2] }] }],
});

export const Squeeze = defineOp({
  name: "Squeeze",
  shape: ([x], { inputs: [, axes] }) => {
    const removed = constantAxes(axes);
    if (removed.some((axis) => x[axis] !== 1)) throw new GraphError("Only axes of size 1 go away");
    return x.filter((_, axis) => !removed.includes(axis));
  },
  grad: ({ dy, g, inputs: [, axes] }) => [() => g.unsqueeze(dy, constantAxes(axes))],
  cases: [{ inputs: [["N", 1, 3], { ints: [1] }] }, { inputs: [[1, "N", 1], { ints: [0, 2] }] }],
});

function constantAxes(axes: Value): readonly number[] {
  if (axes.content === null || !isStatic(axes.content)) {
    throw new GraphError("The axes must be constant");
  }
  return axes.content;
}

export const Expand = defineOp({
  name: "Expand",
  shape: ([x], { inputs: [, target] }) => {
    if (target.content === null) throw new GraphError("The target shape must be known");
    return broadcast([x, target.content]);
  },
  grad: ({ dy }) => [() => dy],
  cases: [
    { inputs: [[3, 1], { ints: [2, 3, 4] }] },
    { inputs: [[], { ints: [2, 3] }] },
    { inputs: [["N", 1], { sizesOf: ["N", 3] }] },
    { inputs: [[3], { sizesOf: ["N", 3] }] },
  ],
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
      sameShape(x.shape, reference.shape) ? x : g.emit(Reshape, [x, g.shapeOf(reference)]),
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
