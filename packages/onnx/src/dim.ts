import { ShapeError } from "./errors.ts";
import type { Dim } from "./model.ts";

/** Sizes by axis; a name stands for one that is known only when the model runs. */
export type Shape = readonly Dim[];

// Symbolic sizes are products: "N", "5*N", "N*R". Where that is not enough a part in
// brackets is a symbol of its own: "(N+-1)", "(N//2)". Two sizes that were worked out in the
// same way are the same string.

interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

/** Parts between `separator`s that stand outside of brackets. */
function partsOf(text: string, separator: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth === 0 && character === separator) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function parse(dim: Dim): Product {
  if (typeof dim === "number") return { factor: dim, symbols: [] };
  const [first = "", ...rest] = partsOf(dim, "*");
  const factor = Number(first);
  return first !== "" && Number.isInteger(factor)
    ? { factor, symbols: rest }
    : { factor: 1, symbols: [first, ...rest] };
}

function format({ factor, symbols }: Product): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  const parts = symbols.toSorted();
  return (factor === 1 ? parts : [factor, ...parts]).join("*");
}

/** The terms of a sum: how often each product of symbols counts; "" is the constant one. */
function termsOf(dim: Dim): Map<string, number> {
  const terms = new Map<string, number>();
  const add = (part: Dim): void => {
    const { factor, symbols } = parse(part);
    const key = symbols.toSorted().join("*");
    terms.set(key, (terms.get(key) ?? 0) + factor);
  };
  const inner = typeof dim === "string" && /^\(.*\)$/.test(dim) ? dim.slice(1, -1) : null;
  const parts = inner === null ? [] : partsOf(inner, "+");
  // "(a+b)" is a sum, "(a//b)" and "(a)*(b)" are not.
  if (parts.length > 1)
    for (const part of parts) add(Number.isInteger(Number(part)) ? Number(part) : part);
  else add(dim);
  return terms;
}

/** a + times · b. */
export function plus(a: Dim, b: Dim, times: 1 | -1 = 1): Dim {
  if (typeof a === "number" && typeof b === "number") return a + times * b;
  const terms = termsOf(a);
  for (const [key, count] of termsOf(b)) terms.set(key, (terms.get(key) ?? 0) + times * count);
  const left = [...terms].filter(([, count]) => count !== 0);
  const texts = left.map(([key, count]) =>
    String(key === "" ? count : format({ factor: count, symbols: key.split("*") })),
  );
  if (texts.length === 0) return 0;
  if (texts.length === 1) return left[0]?.[0] === "" ? Number(texts[0]) : (texts[0] ?? 0);
  return `(${texts.toSorted().join("+")})`;
}

/** a / b, rounded down. */
export function floorQuotient(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return Math.floor(a / b);
  return quotient(a, b) ?? `(${a}//${b})`;
}

/** The size itself, where the sizes of all symbols are known. */
export function boundSize(dim: Dim, sizeOfSymbol: (symbol: string) => number): number {
  if (typeof dim === "number") return dim;
  const bound = (part: string): number => boundSize(part, sizeOfSymbol);
  return partsOf(dim, "*").reduce((total, part) => {
    const inner = /^\((.*)\)$/s.exec(part)?.[1];
    if (inner === undefined) {
      return total * (Number.isInteger(Number(part)) ? Number(part) : sizeOfSymbol(part));
    }
    const terms = partsOf(inner, "+");
    if (terms.length > 1) return total * terms.reduce((sum, term) => sum + bound(term), 0);
    const [over = "", , under = "1"] = partsOf(inner, "/");
    return total * Math.floor(bound(over) / bound(under));
  }, 1);
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
