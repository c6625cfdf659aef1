import { broadcast, floorQuotient, plus, product, quotient } from "../dim.ts";
import type { Dim, ElementType } from "../model.ts";
import {
  defineOperator,
  dtype,
  int,
  type Content,
  type Known,
  type PerInput,
  type ShapeRule,
} from "./operator.ts";

const same: ShapeRule = ([x]) => x;

/** Sizes as they are worked out in the graph: entry by entry, one entry with all. */
const pairwise =
  (combine: (a: Dim, b: Dim, isFloat: boolean) => Dim | undefined) =>
  ({ inputs: [left, right] }: { readonly inputs: PerInput<Known> }): Content => {
    const [a, b] = [left.content, right.content];
    if (a === null || b === null) return null;
    const at = (content: readonly Dim[], i: number): Dim =>
      content[content.length === 1 ? 0 : i] ?? 0;
    const length = Math.max(a.length, b.length);
    const isFloat = left.dtype === "float32";
    return allKnown(
      Array.from({ length }, (_, i) => {
        const [x, y] = [at(a, i), at(b, i)];
        if (typeof x === "number" && typeof y === "number") return combine(x, y, isFloat);
        // A symbol stands for a whole number, and only whole numbers of it are followed.
        return [x, y].every(isWhole) ? combine(x, y, isFloat) : undefined;
      }),
    );
  };

const isWhole = (dim: Dim): boolean => typeof dim === "string" || Number.isInteger(dim);

const allKnown = (dims: readonly (Dim | undefined)[]): Content =>
  dims.every((dim) => dim !== undefined) ? dims : null;

const entrywise =
  (change: (dim: Dim) => Dim | undefined) =>
  ({ inputs: [x] }: { readonly inputs: PerInput<Known> }): Content =>
    x.content && allKnown(x.content.map(change));

/** As ONNX divides: whole numbers towards zero, which for sizes is down. */
function ratio(a: Dim, b: Dim, isFloat: boolean): Dim | undefined {
  if (typeof a !== "number" || typeof b !== "number") {
    return isFloat ? quotient(a, b) : floorQuotient(a, b);
  }
  if (isFloat) return Math.fround(a / b);
  return b === 0 ? undefined : Math.trunc(a / b);
}

/** The greatest or least of two, where that is known. */
const chosen =
  (choose: (a: number, b: number) => number) =>
  (a: Dim, b: Dim): Dim | undefined => {
    if (a === b) return a;
    return typeof a === "number" && typeof b === "number" ? choose(a, b) : undefined;
  };

export const Add = defineOperator({
  name: "Add",
  shape: broadcast,
  content: pairwise((a, b) => plus(a, b)),
});

export const Sub = defineOperator({
  name: "Sub",
  shape: broadcast,
  content: pairwise((a, b) => plus(a, b, -1)),
});

export const Mul = defineOperator({
  name: "Mul",
  shape: broadcast,
  content: pairwise((a, b) => product([a, b])),
});

export const Div = defineOperator({
  name: "Div",
  shape: broadcast,
  content: pairwise(ratio),
});

export const Max = defineOperator({
  name: "Max",
  shape: broadcast,
  // Exporters write a broadcast of sizes so.
  content: (site) => (site.inputs.length === 2 ? pairwise(chosen(Math.max))(site) : null),
});

export const Min = defineOperator({
  name: "Min",
  shape: broadcast,
  content: (site) => (site.inputs.length === 2 ? pairwise(chosen(Math.min))(site) : null),
});

export const Neg = defineOperator({
  name: "Neg",
  shape: same,
  content: entrywise((dim) => product([dim, -1])),
});

/** Without attributes. */
const unary = (name: string) => defineOperator({ name, shape: same });

export const Exp = unary("Exp");
export const Log = unary("Log");
export const Sqrt = unary("Sqrt");
export const Sign = unary("Sign");
export const Relu = unary("Relu");
export const Sigmoid = unary("Sigmoid");
export const Tanh = unary("Tanh");
export const Softplus = unary("Softplus");

function castTo(to: ElementType): (dim: Dim) => Dim | undefined {
  return (dim) => {
    if (typeof dim === "string") return to === "bool" ? undefined : dim;
    if (to === "bool") return dim === 0 ? 0 : 1;
    return to === "float32" ? Math.fround(dim) : Math.trunc(dim);
  };
}

export const Cast = defineOperator({
  name: "Cast",
  attributes: { to: dtype(), saturate: int(1) },
  shape: same,
  dtype: ({ attributes }) => attributes.to,
  content: ({ inputs: [x], attributes: { to } }) =>
    x.content && allKnown(x.content.map(castTo(to))),
});

export const CastLike = defineOperator({
  name: "CastLike",
  attributes: { saturate: int(1) },
  shape: same,
  dtype: ({ inputs: [, like] }) => like.dtype,
  content: ({ inputs: [x, like] }) => x.content && allKnown(x.content.map(castTo(like.dtype))),
});
