import { ShapeError, UndecidedShape } from "./errors.ts";
import type { Dim } from "./model.ts";

/** Sizes by axis; a name stands for one that is known only when the model runs. */
export type Shape = readonly Dim[];

export { boundSize, ceilQuotient, floorQuotient, plus, product, quotient } from "./size-algebra.ts";

/** How two sizes are held against each other. */
export interface SizeComparison {
  /**
   * Whether sizes that may turn out equal pass for equal. Without it only the same number and
   * the same symbol do.
   */
  readonly lenient?: boolean;
  /** A size that depends on the data: a new name each time. */
  unknown(): Dim;
}

/** Whether two sizes can't be taken as equal. */
export function differ(a: Dim, b: Dim, { lenient }: Pick<SizeComparison, "lenient"> = {}): boolean {
  return a !== b && !(lenient && (typeof a === "string" || typeof b === "string"));
}

/**
 * The shape that all of `shapes` broadcast to (NumPy's rule). Leniently, a symbol beside a
 * number is taken to be it or 1, and two symbols make an unknown size.
 * @throws ShapeError
 */
export function broadcast(shapes: readonly Shape[], comparison?: SizeComparison): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1);
    const wide = [...new Set(sizes.filter((size) => size !== 1))];
    if (wide.length < 2) return wide[0] ?? 1;
    const numbers = wide.filter((size) => typeof size === "number");
    if (!comparison?.lenient || numbers.length > 1) {
      const message = `${shapes.map(showShape).join(" and ")} don't broadcast`;
      throw numbers.length > 1 ? new ShapeError(message) : new UndecidedShape(message);
    }
    return numbers[0] ?? comparison.unknown();
  });
}

export const sameShape = (
  a: Shape,
  b: Shape,
  comparison?: Pick<SizeComparison, "lenient">,
): boolean =>
  a.length === b.length && a.every((dim, axis) => !differ(dim, dimAt(b, axis), comparison));

export const isStatic = (shape: Shape): shape is readonly number[] =>
  shape.every((dim) => typeof dim === "number");

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** `axis` counted from the front. @throws ShapeError where there is no such axis */
export function axisOf(axis: number, rank: number): number {
  const fromFront = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || fromFront < 0 || fromFront >= rank) {
    throw new ShapeError(`Axis ${axis} of a tensor with ${rank} axes`);
  }
  return fromFront;
}

/** The size of `axis` (counted from the front). */
export function dimAt(shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined) throw new ShapeError(`${showShape(shape)} has no axis ${axis}`);
  return dim;
}

/** The size of `axis`, which must be known. @throws ShapeError */
export function sizeAt(shape: Shape, axis: number): number {
  const dim = dimAt(shape, axis);
  if (typeof dim === "string") {
    throw new UndecidedShape(`Axis ${axis} of ${showShape(shape)} must have a known size`);
  }
  return dim;
}

/** The axes of a Transpose in their new order; without the attribute it turns them round. */
export const permutationOf = (perm: readonly number[] | null, rank: number): readonly number[] =>
  perm ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
