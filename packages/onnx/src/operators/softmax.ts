import { defineOperator, int } from "./operator.ts";

const AXIS = { axis: int(-1) };

export const Softmax = defineOperator({
  name: "Softmax",
  attributes: AXIS,
  shape: ([x]) => x,
});

export const LogSoftmax = defineOperator({
  name: "LogSoftmax",
  attributes: AXIS,
  shape: ([x]) => x,
});
