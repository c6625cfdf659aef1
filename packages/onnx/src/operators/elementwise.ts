import { broadcast } from "../dim.ts";
import { defineOperator, dtype, type ShapeRule } from "./operator.ts";

const same: ShapeRule = ([x]) => x;

export const Add = defineOperator({
  name: "Add",
  shape: broadcast,
});

export const Sub = defineOperator({
  name: "Sub",
  shape: broadcast,
});

export const Mul = defineOperator({
  name: "Mul",
  shape: broadcast,
});

export const Div = defineOperator({
  name: "Div",
  shape: broadcast,
});

export const Max = defineOperator({
  name: "Max",
  shape: broadcast,
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
  attributes: { to: dtype() },
  shape: same,
  dtype: ({ attributes }) => attributes.to,
});
