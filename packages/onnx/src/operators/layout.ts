import { dimAt, permutationOf, sameShape, sizeAt, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { constantInts, defineOperator, several, int, ints, type Known } from "./operator.ts";

export const Identity = defineOperator({
  name: "Identity",
  shape: ([x]) => x,
});

export const Transpose = defineOperator({
  name: "Transpose",
  attributes: { perm: ints(null) },
  shape: ([x], { attributes }) => {
    const perm = permutationOf(attributes.perm, x.length);
    if (perm.toSorted((a, b) => a - b).join() !== x.map((_, axis) => axis).join()) {
      throw new ShapeError(`[${perm.join(", ")}] is no order of ${x.length} axes`);
    }
    return perm.map((axis) => dimAt(x, axis));
  },
});

export const Concat = defineOperator({
  name: "Concat",
  attributes: { axis: int(0) },
  shape: (shapes, { attributes: { axis } }) => {
    const [first] = shapes;
    const rest = (shape: Shape): Shape => shape.toSpliced(axis, 1);
    if (shapes.some((shape) => !sameShape(rest(shape), rest(first)))) {
      throw new ShapeError("Only the joined axis may differ");
    }
    return first.with(
      axis,
      shapes.reduce((total, shape) => total + sizeAt(shape, axis), 0),
    );
  },
});

/** The one number that a constant vector of length 1 holds. */
function only(value: Known): number {
  const [number] = value.content ?? [];
  if (typeof number !== "number") throw new ShapeError("The range must be constant");
  return number;
}

export const Slice = defineOperator({
  name: "Slice",
  shape: ([x], { inputs: [, starts, ends, axes] }) => {
    const axis = axes === undefined ? 0 : only(axes);
    const [start, end] = [only(starts), only(ends)];
    if (start < 0 || start > end || end > sizeAt(x, axis)) {
      throw new ShapeError(`[${start}, ${end}) isn't a range of axis ${axis}`);
    }
    return x.with(axis, end - start);
  },
});

export const Pad = defineOperator({
  name: "Pad",
  shape: ([x], { inputs: [, pads] }) => {
    const sizes = constantInts(pads, "padding");
    return x.map((dim, axis) => {
      const added = (sizes[axis] ?? 0) + (sizes[axis + x.length] ?? 0);
      return added === 0 ? dim : sizeAt(x, axis) + added;
    });
  },
});

export const Split = defineOperator({
  name: "Split",
  attributes: { axis: int(0) },
  shape: ([x], { inputs, attributes: { axis } }) => {
    const lengths = inputs[1].content ?? [];
    const total = lengths.reduce<number>((sum, length) => sum + Number(length), 0);
    if (total !== sizeAt(x, axis)) throw new ShapeError(`The parts add up to ${total}`);
    const { dtype } = inputs[0];
    return several(lengths.map((length) => ({ shape: x.with(axis, length), dtype })));
  },
});
