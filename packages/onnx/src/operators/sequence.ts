import { axisOf, dimAt, plus, sameShape, type Shape } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim } from "../model.ts";
import {
  CONTENT_ELEMENTS,
  defineOperator,
  dtype,
  given,
  int,
  several,
  type Known,
  type OutputSpec,
} from "./operator.ts";

const takesSequences = true;

/** What is in a sequence. */
function itemsOf({ items }: Known): readonly Known[] {
  if (items === undefined) throw new ShapeError("Needs a sequence");
  return items;
}

const sequenceOf = (items: readonly Known[], like?: Known): OutputSpec => ({
  dtype: items[0]?.dtype ?? like?.dtype ?? "float32",
  shape: [],
  items,
});

/** A place in a sequence, counted from the front; the end where the node leaves it out. */
function placeOf(position: Known | undefined, length: number): number {
  if (position === undefined) return length;
  const at = position.content?.[0];
  if (typeof at !== "number") throw new UndecidedShape("The position depends on the data");
  const place = at < 0 ? at + length : at;
  if (place < 0 || place > length) throw new ShapeError(`Position ${at} of ${length}`);
  return place;
}

export const SequenceConstruct = defineOperator({
  name: "SequenceConstruct",
  shape: (_, { inputs }) => several([sequenceOf(inputs)]),
});

export const SequenceEmpty = defineOperator({
  name: "SequenceEmpty",
  attributes: { dtype: dtype("float32") },
  shape: (_, { attributes }) => several([{ dtype: attributes.dtype, shape: [], items: [] }]),
});

export const SequenceAt = defineOperator({
  name: "SequenceAt",
  takesSequences,
  shape: (_, { inputs: [sequence, position] }) => {
    const items = itemsOf(sequence);
    const item = items[placeOf(position, items.length)];
    if (item === undefined) throw new ShapeError(`There are ${items.length} only`);
    return several([item]);
  },
});

export const SequenceInsert = defineOperator({
  name: "SequenceInsert",
  takesSequences,
  shape: (_, { inputs }) => {
    const [sequence, item] = inputs;
    const items = itemsOf(sequence);
    const place = placeOf(given(inputs, 2), items.length);
    return several([sequenceOf(items.toSpliced(place, 0, item), sequence)]);
  },
});

export const SequenceErase = defineOperator({
  name: "SequenceErase",
  takesSequences,
  shape: (_, { inputs }) => {
    const [sequence] = inputs;
    const items = itemsOf(sequence);
    const position = given(inputs, 1);
    const place = position === undefined ? items.length - 1 : placeOf(position, items.length);
    return several([sequenceOf(items.toSpliced(place, 1), sequence)]);
  },
});

export const SequenceLength = defineOperator({
  name: "SequenceLength",
  takesSequences,
  shape: () => [],
  dtype: () => "int64",
  content: ({ inputs: [sequence] }) => [itemsOf(sequence).length],
});

/** Lengths of the parts along the axis; without any, parts of 1. */
function partsOf(size: Dim, split: Known | undefined): readonly Dim[] {
  if (split !== undefined && split.shape.length > 0) {
    if (split.content === null) throw new UndecidedShape("The lengths depend on the data");
    return split.content;
  }
  const each = split === undefined ? 1 : split.content?.[0];
  if (typeof size === "string" || typeof each !== "number" || each < 1) {
    throw new UndecidedShape("How many parts there are depends on the data");
  }
  const count = Math.ceil(size / each);
  if (count > CONTENT_ELEMENTS) throw new UndecidedShape(`${count} parts are not followed`);
  return Array.from({ length: count }, (_, i) => Math.min(each, size - i * each));
}

export const SplitToSequence = defineOperator({
  name: "SplitToSequence",
  attributes: { axis: int(0), keepdims: int(1) },
  shape: ([x], { inputs, attributes }) => {
    const [input, split] = [inputs[0], given(inputs, 1)];
    const axis = axisOf(attributes.axis, x.length);
    const drops = split === undefined && attributes.keepdims === 0;
    const shapeFor = (part: Dim): Shape => (drops ? x.toSpliced(axis, 1) : x.with(axis, part));
    const items = partsOf(dimAt(x, axis), split).map((part): Known => ({
      dtype: input.dtype,
      shape: shapeFor(part),
      content: null,
    }));
    return several([sequenceOf(items, input)]);
  },
});

/** Joined along an axis, or stacked along a new one. */
export const ConcatFromSequence = defineOperator({
  name: "ConcatFromSequence",
  takesSequences,
  attributes: { axis: int(), new_axis: int(0) },
  shape: (_, site) => {
    const items = itemsOf(site.inputs[0]);
    const [first] = items;
    if (first === undefined) throw new ShapeError("The sequence is empty");
    const { axis, new_axis } = site.attributes;
    const stacks = new_axis === 1;
    const at = axisOf(axis, first.shape.length + (stacks ? 1 : 0));
    const rest = ({ shape }: Known): Shape => (stacks ? shape : shape.toSpliced(at, 1));
    if (items.some((item) => !sameShape(rest(item), rest(first), site))) {
      throw new ShapeError("Only the joined axis may differ");
    }
    if (stacks) return first.shape.toSpliced(at, 0, items.length);
    return first.shape.with(
      at,
      items.reduce<Dim>((sum, { shape }) => plus(sum, dimAt(shape, at)), 0),
    );
  },
});

/** Something, or nothing. */
export const Optional = defineOperator({
  name: "Optional",
  takesSequences,
  shape: (_, { inputs }) => {
    const value = given(inputs, 0);
    return several([sequenceOf(value === undefined ? [] : [value])]);
  },
});

export const OptionalHasElement = defineOperator({
  name: "OptionalHasElement",
  takesSequences,
  shape: () => [],
  dtype: () => "bool",
});

/** What is inside; a value that isn't optional is itself. */
export const OptionalGetElement = defineOperator({
  name: "OptionalGetElement",
  takesSequences,
  shape: (_, { inputs: [value] }) => {
    if (value.items === undefined) return several([value]);
    // A sequence of one tensor looks like an optional tensor from here.
    throw new UndecidedShape("What the optional value holds is not followed");
  },
});
