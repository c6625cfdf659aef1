import {
  axisOf,
  dimAt,
  permutationOf,
  plus,
  product,
  quotient,
  sameShape,
  sizeAt,
  type Shape,
} from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import {
  constantInts,
  defineOperator,
  given,
  int,
  ints,
  several,
  string,
  type ShapeSite,
} from "./operator.ts";

export const Identity = defineOperator({
  name: "Identity",
  takesSequences: true,
  shape: ([x], { inputs: [value] }) =>
    value.items === undefined ? x : several([{ ...value, items: value.items }]),
  content: ({ inputs: [x] }) => x.content,
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
  attributes: { axis: int() },
  shape: (shapes, site) => {
    const [first] = shapes;
    const axis = axisOf(site.attributes.axis, first.length);
    const rest = (shape: Shape): Shape => shape.toSpliced(axis, 1);
    if (shapes.some((shape) => !sameShape(rest(shape), rest(first), site))) {
      throw new ShapeError("Only the joined axis may differ");
    }
    const total = shapes.reduce<Dim>((sum, shape) => plus(sum, dimAt(shape, axis)), 0);
    // A size that one of them knows is that of all.
    const sizes = first.map(
      (dim, i) => shapes.map((shape) => shape[i]).find((size) => typeof size === "number") ?? dim,
    );
    return sizes.with(axis, total);
  },
  content: ({ inputs }) => {
    const parts = inputs.map((input) => input.content);
    return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
  },
});

export const Pad = defineOperator({
  name: "Pad",
  attributes: { mode: string("constant") },
  shape: ([x], { inputs, unknown }) => {
    const [, pads] = inputs;
    const axes = given(inputs, 3);
    if (axes?.content === null) return x.map(() => unknown());
    const padded = axes === undefined ? x.map((_, axis) => axis) : constantInts(axes, "axes");
    const { content } = pads;
    const at = new Map(padded.map((axis, i) => [axisOf(axis, x.length), i]));
    return x.map((dim, axis) => {
      const i = at.get(axis);
      if (i === undefined) return dim;
      if (content === null) return unknown();
      return plus(plus(dim, content[i] ?? 0), content[i + padded.length] ?? 0);
    });
  },
});

/** The lengths of a Split's parts: those listed, or as even as they can be. */
function partsOf(size: Dim, site: ShapeSite<typeof SPLIT>): readonly Dim[] {
  const { inputs, attributes, outputCount, unknown } = site;
  const listed = given(inputs, 1);
  if (listed?.content === null) return Array.from({ length: outputCount }, unknown);
  if (listed?.content) return listed.content;
  const count = attributes.num_outputs ?? outputCount;
  if (count > Math.max(outputCount, MOST_PARTS)) throw new ShapeError(`${count} parts`);
  if (typeof size === "string") {
    const each = quotient(size, count);
    return Array.from({ length: count }, () => each ?? unknown());
  }
  const each = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
}

const SPLIT = { axis: int(0), num_outputs: int(null) };

const MOST_PARTS = 4096;

export const Split = defineOperator({
  name: "Split",
  attributes: SPLIT,
  shape: ([x], site) => {
    const axis = axisOf(site.attributes.axis, x.length);
    const { dtype, content } = site.inputs[0];
    const size = dimAt(x, axis);
    const parts = partsOf(size, site);
    const total = parts.reduce<Dim>((sum, length) => plus(sum, length), 0);
    if (typeof total === "number" && typeof size === "number" && total !== size) {
      throw new ShapeError(`The parts add up to ${total}`);
    }
    let start = 0;
    return several(
      parts.map((part) => {
        const end = start + Number(part);
        const held = content === null || Number.isNaN(end) ? null : content.slice(start, end);
        start = end;
        return { shape: x.with(axis, part), dtype, content: held };
      }),
    );
  },
});

export const Tile = defineOperator({
  name: "Tile",
  shape: ([x], { inputs: [, repeats], unknown }) =>
    x.map((dim, axis) => {
      const times = repeats.content?.[axis];
      return times === undefined ? unknown() : product([dim, times]);
    }),
});

export const Trilu = defineOperator({
  name: "Trilu",
  attributes: { upper: int(1) },
  shape: ([x]) => x,
});

export const ReverseSequence = defineOperator({
  name: "ReverseSequence",
  attributes: { batch_axis: int(1), time_axis: int(0) },
  shape: ([x]) => x,
});

export const DepthToSpace = defineOperator({
  name: "DepthToSpace",
  attributes: { blocksize: int(), mode: string("DCR") },
  shape: ([x], { attributes: { blocksize } }) => [
    dimAt(x, 0),
    sizeAt(x, 1) / (blocksize * blocksize),
    ...x.slice(2).map((dim) => product([dim, blocksize])),
  ],
});

export const SpaceToDepth = defineOperator({
  name: "SpaceToDepth",
  attributes: { blocksize: int() },
  shape: ([x], { attributes: { blocksize }, unknown }) => [
    dimAt(x, 0),
    product([dimAt(x, 1), blocksize * blocksize]),
    ...x.slice(2).map((dim) => quotient(dim, blocksize) ?? unknown()),
  ],
});
