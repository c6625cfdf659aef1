import { axisOf, type Shape } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim } from "../model.ts";
import { constantInts, given, type Known, type PerInput } from "./operator.ts";

interface ReduceSite {
  readonly inputs: readonly (Known | undefined)[];
  readonly attributes: { readonly noop_with_empty_axes: number };
}

/** The axes that a reduction takes away, from the front: those of its second input, or all. */
export function reducedAxes({ inputs, attributes }: ReduceSite, rank: number): readonly number[] {
  const axes = given(inputs, 1);
  const listed = axes === undefined ? [] : constantInts(axes, "axes");
  if (listed.length > 0) return listed.map((axis) => axisOf(axis, rank));
  return attributes.noop_with_empty_axes ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

/** A shape of which only the number of axes is known. */
export const unknownSizes = (rank: number, unknown: () => Dim): Shape =>
  Array.from({ length: rank }, unknown);

/** More than any runtime takes; a model may declare anything. */
const MOST_AXES = 64;

/** How many axes a vector speaks of that depends on the data. @throws UndecidedShape */
export function lengthOf({ shape: [length] }: Known): number {
  if (typeof length !== "number") throw new UndecidedShape("The number of axes is unknown");
  if (length > MOST_AXES) throw new ShapeError(`A tensor of ${length} axes`);
  return length;
}

/** How many axes are left where those that go depend on the data. */
export function rankWithout(x: Shape, axes: Known): number {
  const gone = lengthOf(axes);
  // None listed means all of them, or none.
  if (gone === 0) throw new UndecidedShape("The axes must be constant");
  return Math.max(0, x.length - gone);
}

/** The axes that a Squeeze takes away, from the front: those listed, or all of size 1. */
export function squeezedAxes(x: Shape, axes: Known | undefined): readonly number[] {
  if (axes !== undefined) {
    return constantInts(axes, "axes").map((axis) => axisOf(axis, x.length));
  }
  return x.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
}

/** What a Slice takes of one axis. */
export interface SliceRange {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}

/** The ranges of a Slice as they are written; undefined where they depend on the data. */
export function sliceRanges(inputs: PerInput<Known>, rank: number): SliceRange[] | undefined {
  const [, starts, ends] = inputs;
  const [axes, steps] = [given(inputs, 3), given(inputs, 4)];
  const [from, to] = [starts.content, ends.content];
  if (from === null || to === null || axes?.content === null || steps?.content === null) {
    return undefined;
  }
  return from.map((start, i) => {
    const [end = 0, axis = i, step = 1] = [to[i], axes?.content?.[i], steps?.content?.[i]];
    if (typeof step === "string") throw new UndecidedShape("The steps must be constant");
    if (step === 0) throw new ShapeError("A slice in steps of 0");
    return { axis: axisOf(Number(axis), rank), start, end, step };
  });
}
