import { ShapeError } from "./errors.ts";
import type { Dim } from "./model.ts";

/** Sizes by axis; a name stands for one that is known only when the model runs. */
export type Shape = readonly Dim[];

// Symbolic sizes are products: "N", "5*N", "N*R". That is all that flattening and
// unflattening need, and two equal products are the same string.

interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

function parse(dim: Dim): Product {
  if (typeof dim === "number") return { factor: dim, symbols: [] };
  const [first = "", ...rest] = dim.split("*");
  const factor = Number(first);
  return Number.isInteger(factor)
    ? { factor, symbols: rest }
    : { factor: 1, symbols: [first, ...rest] };
}

function format({ factor, symbols }: Product): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  const parts = symbols.toSorted();
  return (factor === 1 ? parts : [factor, ...parts]).join("*");
}

/** Number of elements of `shape`, as far as it is known. */
export function product(shape: Shape): Dim {
  const parts = shape.map(parse);
  return format({
    factor: parts.reduce((total, part) => total * part.factor, 1),
    symbols: parts.flatMap((part) => part.symbols),
  });
}

/** What `divisor` must be multiplied by to give `dividend`; undefined where no product does. */
export function quotient(dividend: Dim, divisor: Dim): Dim | undefined {
  const over = parse(dividend);
  const under = parse(divisor);
  const symbols = [...over.symbols];
  for (const symbol of under.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  const factor = over.factor / under.factor;
  return Number.isInteger(factor) ? format({ factor, symbols }) : undefined;
}

/** The shape that all of `shapes` broadcast to (NumPy's rule). @throws ShapeError */
export function broadcast(shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[shape.length - rank + axis] ?? 1);
    const wide = sizes.filter((size) => size !== 1);
    if (wide.some((size) => size !== wide[0])) {
      throw new ShapeError(`${shapes.map(showShape).join(" and ")} don't broadcast`);
    }
    return wide[0] ?? 1;
  });
}

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

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
    throw new ShapeError(`Axis ${axis} of ${showShape(shape)} must have a known size`);
  }
  return dim;
}

/** The axes of a Transpose in their new order; without the attribute it turns them round. */
export const permutationOf = (perm: readonly number[] | null, rank: number): readonly number[] =>
  perm ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
