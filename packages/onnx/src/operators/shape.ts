import {
  isStatic,
  axisOf,
  broadcast,
  floorQuotient,
  product,
  quotient,
  showShape,
  type Shape,
} from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim } from "../model.ts";
import { lengthOf, rankWithout, squeezedAxes, unknownSizes } from "./axes.ts";
import {
  CONTENT_ELEMENTS,
  constantInts,
  defineOperator,
  dtype,
  given,
  int,
  several,
  tensorAttribute,
  type Content,
  type ShapeSite,
} from "./operator.ts";

/** Under another name here: `Shape` is the type of shapes. */
const ShapeOperator = defineOperator({
  name: "Shape",
  attributes: { start: int(0), end: int(null) },
  shape: ([x], { attributes: { start, end } }) => {
    const content = x.slice(start, end ?? x.length);
    return several([{ shape: [content.length], dtype: "int64", content }]);
  },
});

export { ShapeOperator as Shape };

export const Size = defineOperator({
  name: "Size",
  shape: () => [],
  dtype: () => "int64",
  content: ({ inputs: [x] }) => [product(x.shape)],
});

/** What Reshape makes of `x` for a target whose 0 means "as it was" and -1 "what is left". */
function reshaped(x: Shape, target: Shape, allowZero: boolean): Shape {
  const open = target.map((dim, axis) => (dim === 0 && !allowZero ? (x[axis] ?? 0) : dim));
  const others = product(open.filter((dim) => dim !== -1));
  const total = product(x);
  const rest = total === 0 && others === 0 ? 0 : quotient(total, others);
  // Sizes with other symbols may fit although nobody can say so.
  const symbols = (dim: Dim): string => String(dim).replace(/^\d+\*?/, "");
  const uncertain = symbols(total) !== symbols(others);
  if (rest === undefined && uncertain) {
    return open.map((dim) => (dim === -1 ? floorQuotient(total, others) : dim));
  }
  if (rest === undefined || (rest !== 1 && total !== 0 && !open.includes(-1))) {
    if (uncertain && typeof rest === "string") return open;
    throw new ShapeError(`There is no such reshape to ${showShape(target)}`);
  }
  return open.map((dim) => (dim === -1 ? rest : dim));
}

/** What stays the same where only the shape changes. */
const unchanged = ({ inputs: [x] }: Pick<ShapeSite, "inputs">): Content => x.content;

export const Reshape = defineOperator({
  name: "Reshape",
  attributes: { allowzero: int(0) },
  shape: ([x], { inputs: [, target], attributes: { allowzero }, unknown }) =>
    target.content === null
      ? unknownSizes(lengthOf(target), unknown)
      : reshaped(x, target.content, allowzero === 1),
  content: unchanged,
});

export const Flatten = defineOperator({
  name: "Flatten",
  attributes: { axis: int(1) },
  shape: ([x], { attributes: { axis } }) => {
    const at = axis < 0 ? axis + x.length : axis;
    return [product(x.slice(0, at)), product(x.slice(at))];
  },
});

export const Unsqueeze = defineOperator({
  name: "Unsqueeze",
  shape: ([x], { inputs: [, axes], unknown }) => {
    if (axes.content === null) return unknownSizes(x.length + lengthOf(axes), unknown);
    const listed = constantInts(axes, "axes");
    const rank = x.length + listed.length;
    const shape = [...x];
    const added = listed.map((axis) => axisOf(axis, rank));
    for (const axis of added.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
    return shape;
  },
  content: unchanged,
});

export const Squeeze = defineOperator({
  name: "Squeeze",
  shape: ([x], { inputs, unknown, lenient }) => {
    const axes = given(inputs, 1);
    if (axes !== undefined && axes.content === null) {
      return unknownSizes(rankWithout(x, axes), unknown);
    }
    // Whether a size that isn't known is 1 isn't known either.
    if (lenient && axes === undefined && !isStatic(x)) {
      throw new UndecidedShape("Which axes are of size 1 is unknown");
    }
    const removed = squeezedAxes(x, axes);
    const wrong = removed.find((axis) => typeof x[axis] === "number" && x[axis] !== 1);
    if (wrong !== undefined) throw new ShapeError("Only axes of size 1 go away");
    return x.filter((_, axis) => !removed.includes(axis));
  },
  content: unchanged,
});

export const Expand = defineOperator({
  name: "Expand",
  shape: ([x], site) => {
    const {
      inputs: [, target],
      unknown,
    } = site;
    if (target.content !== null) return broadcast([x, target.content], site);
    return unknownSizes(Math.max(lengthOf(target), x.length), unknown);
  },
  content: ({ inputs: [x, target] }) => {
    const [value] = x.content ?? [];
    const [length] = target.content ?? [];
    if (value === undefined || x.content?.length !== 1 || typeof length !== "number") return null;
    return Math.max(length, 1) > CONTENT_ELEMENTS
      ? null
      : Array.from({ length: Math.max(length, 1) }, () => value);
  },
});

/** A tensor of the given sizes that holds one value everywhere, 0 if it isn't said. */
export const ConstantOfShape = defineOperator({
  name: "ConstantOfShape",
  attributes: { value: tensorAttribute(null) },
  shape: (_, { inputs: [sizes], unknown }) =>
    sizes.content ?? unknownSizes(lengthOf(sizes), unknown),
  dtype: ({ attributes: { value } }) => value?.dtype ?? "float32",
  content: ({ inputs: [sizes], attributes: { value } }) => {
    const [length = 1] = sizes.content ?? ["unknown"];
    if (typeof length !== "number" || length > 64 || value === null) return null;
    if (value.dtype !== "int64") return null;
    const one = Number(new BigInt64Array(value.bytes.slice().buffer)[0] ?? 0n);
    return Array.from({ length }, () => one);
  },
});

export const Range = defineOperator({
  name: "Range",
  shape: (_, { inputs: [start, limit, delta], unknown }) => {
    const [from, to, by] = [start, limit, delta].map((input) => input.content?.[0]);
    if (from === 0 && by === 1 && to !== undefined) return [to];
    if (typeof from !== "number" || typeof to !== "number" || typeof by !== "number") {
      return [unknown()];
    }
    return [Math.max(0, Math.ceil((to - from) / by))];
  },
  content: ({ inputs }) => {
    const [from, to, by] = inputs.map((input) => input.content?.[0]);
    if (typeof from !== "number" || typeof to !== "number" || typeof by !== "number") return null;
    const length = Math.max(0, Math.ceil((to - from) / by));
    return length > 64 ? null : Array.from({ length }, (_, k) => from + k * by);
  },
});

export const EyeLike = defineOperator({
  name: "EyeLike",
  attributes: { dtype: dtype(null), k: int(0) },
  shape: ([x]) => x,
  dtype: ({ inputs: [x], attributes }) => attributes.dtype ?? x.dtype,
});
