import { broadcast, floorQuotient, plus, product } from "../dim.ts";
import type { Dim } from "../model.ts";
import {
  defineOperator,
  dtype,
  given,
  int,
  type Content,
  type Known,
  type PerInput,
  type ShapeRule,
} from "./operator.ts";

const same: ShapeRule = ([x]) => x;

/** Sizes as they are worked out in the graph: entry by entry, one entry with all. */
const pairwise =
  (combine: (a: Dim, b: Dim) => Dim) =>
  ({ inputs: [left, right] }: { readonly inputs: PerInput<Known> }): Content => {
    const [a, b] = [left.content, right.content];
    if (a === null || b === null) return null;
    const at = (content: readonly Dim[], i: number): Dim =>
      content[content.length === 1 ? 0 : i] ?? 0;
    const length = Math.max(a.length, b.length);
    return Array.from({ length }, (_, i) => combine(at(a, i), at(b, i)));
  };

export const Add = defineOperator({
  name: "Add",
  shape: broadcast,
  content: pairwise(plus),
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
  content: pairwise(floorQuotient),
});

export const Max = defineOperator({
  name: "Max",
  shape: broadcast,
  // Exporters write a broadcast of sizes so.
  content: ({ inputs }) => {
    const [a, b] = [inputs[0].content, given(inputs, 1)?.content ?? null];
    if (a === null || b === null || inputs.length > 2 || a.length !== b.length) return null;
    const greatest = a.flatMap((dim, i): Dim[] => {
      const other = b[i] ?? dim;
      if (dim === other) return [dim];
      const known = typeof dim === "number" && typeof other === "number";
      return known ? [Math.max(dim, other)] : [];
    });
    return greatest.length === a.length ? greatest : null;
  },
});

export const Min = defineOperator({
  name: "Min",
  shape: broadcast,
});

export const Neg = defineOperator({
  name: "Neg",
  shape: same,
});

export const Exp = defineOperator({
  name: "Exp",
  shape: same,
});

export const Log = defineOperator({
  name: "Log",
  shape: same,
});

export const Sqrt = defineOperator({
  name: "Sqrt",
  shape: same,
});

export const Sign = defineOperator({
  name: "Sign",
  shape: same,
});

export const Relu = defineOperator({
  name: "Relu",
  shape: same,
  // y is never negative, so its sign is the mask: one pass, where a comparison and a choice are two.
});

export const Sigmoid = defineOperator({
  name: "Sigmoid",
  shape: same,
});

export const Tanh = defineOperator({
  name: "Tanh",
  shape: same,
  // d tanh = 1 − y²; reading y spares a second tanh.
});

export const Softplus = defineOperator({
  name: "Softplus",
  shape: same,
});

export const Cast = defineOperator({
  name: "Cast",
  attributes: { to: dtype(), saturate: int(1) },
  shape: same,
  dtype: ({ attributes }) => attributes.to,
  content: ({ inputs: [x] }) => x.content,
});

export const CastLike = defineOperator({
  name: "CastLike",
  attributes: { saturate: int(1) },
  shape: same,
  dtype: ({ inputs: [, like] }) => like.dtype,
});
