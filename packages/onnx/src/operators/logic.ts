import { broadcast } from "../dim.ts";
import { defineOperator } from "./operator.ts";

export const Equal = defineOperator({
  name: "Equal",
  shape: broadcast,
  dtype: () => "bool",
});

export const Greater = defineOperator({
  name: "Greater",
  shape: broadcast,
  dtype: () => "bool",
});

export const GreaterOrEqual = defineOperator({
  name: "GreaterOrEqual",
  shape: broadcast,
  dtype: () => "bool",
});

export const Less = defineOperator({
  name: "Less",
  shape: broadcast,
  dtype: () => "bool",
});

export const And = defineOperator({
  name: "And",
  shape: broadcast,
});

export const Or = defineOperator({
  name: "Or",
  shape: broadcast,
});

export const Not = defineOperator({
  name: "Not",
  shape: ([x]) => x,
});

export const Where = defineOperator({
  name: "Where",
  shape: broadcast,
  dtype: ({ inputs: [, whenTrue] }) => whenTrue.dtype,
});
