import { broadcast, product, quotient, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { constantInts, defineOperator, several } from "./operator.ts";

/** Under another name here: `Shape` is the type of shapes. */
const ShapeOperator = defineOperator({
  name: "Shape",
  shape: ([x]) => several([{ shape: [x.length], dtype: "int64", content: x }]),
});

export { ShapeOperator as Shape };

export const Size = defineOperator({
  name: "Size",
  shape: () => [],
  dtype: () => "int64",
});

/** What Reshape makes of `x` for a target whose 0 means "as it was" and -1 "what is left". */
function reshaped(x: Shape, target: Shape): Shape {
  const open = target.map((dim, axis) => (dim === 0 ? (x[axis] ?? 0) : dim));
  const others = product(open.filter((dim) => dim !== -1));
  const rest = quotient(product(x), others);
  if (rest === undefined || (rest !== 1 && !open.includes(-1))) {
    throw new ShapeError(`There is no such reshape to ${showShape(target)}`);
  }
  return open.map((dim) => (dim === -1 ? rest : dim));
}

export const Reshape = defineOperator({
  name: "Reshape",
  shape: ([x], { inputs: [, target] }) => {
    if (target.content === null) throw new ShapeError("The target shape must be known");
    return reshaped(x, target.content);
  },
});

export const Unsqueeze = defineOperator({
  name: "Unsqueeze",
  shape: ([x], { inputs: [, axes] }) => {
    const added = constantInts(axes, "axes");
    const shape = [...x];
    for (const axis of added.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
    return shape;
  },
});

export const Squeeze = defineOperator({
  name: "Squeeze",
  shape: ([x], { inputs: [, axes] }) => {
    const removed = constantInts(axes, "axes");
    if (removed.some((axis) => x[axis] !== 1)) throw new ShapeError("Only axes of size 1 go away");
    return x.filter((_, axis) => !removed.includes(axis));
  },
});

export const Expand = defineOperator({
  name: "Expand",
  shape: ([x], { inputs: [, target] }) => {
    if (target.content === null) throw new ShapeError("The target shape must be known");
    return broadcast([x, target.content]);
  },
});
