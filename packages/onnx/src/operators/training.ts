import { ShapeError } from "../errors.ts";
import {
  defineOperator,
  float,
  several,
  string,
  type Known,
  type ShapeAnswer,
} from "./operator.ts";

// The operators with which ONNX once meant to describe training; no runtime computes them.

const domain = "ai.onnx.preview.training";

/** Inputs rate and step; then the weights, their gradients and `states` of each. It answers all but the gradients. */
function updated(inputs: readonly Known[], states: number): ShapeAnswer {
  const weights = (inputs.length - 2) / (states + 2);
  if (!Number.isInteger(weights) || weights < 1) {
    throw new ShapeError(`${inputs.length} inputs for weights, gradients and ${states} states`);
  }
  const answered = [...inputs.slice(2, 2 + weights), ...inputs.slice(2 + 2 * weights)];
  return several(answered.map(({ dtype, shape }) => ({ dtype, shape })));
}

export const Adagrad = defineOperator({
  name: "Adagrad",
  domain,
  attributes: { decay_factor: float(0), epsilon: float(1e-6), norm_coefficient: float(0) },
  shape: (_, { inputs }) => updated(inputs, 1),
});

export const Adam = defineOperator({
  name: "Adam",
  domain,
  attributes: {
    alpha: float(0.9),
    beta: float(0.999),
    epsilon: float(1e-6),
    norm_coefficient: float(0),
    norm_coefficient_post: float(0),
  },
  shape: (_, { inputs }) => updated(inputs, 2),
});

export const Momentum = defineOperator({
  name: "Momentum",
  domain,
  attributes: { alpha: float(), beta: float(), mode: string(), norm_coefficient: float() },
  shape: (_, { inputs }) => updated(inputs, 1),
});
