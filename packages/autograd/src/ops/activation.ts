import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Cases } from "../op.ts";
import type { Value } from "../value.ts";

export interface ActivationBuilders {
  /** x · Φ(x), Φ being the normal distribution function; `tanh` approximates it. */
  gelu(x: Value, approximate?: "none" | "tanh"): Value;
  /** x · sigmoid(x), as two operators. */
  silu(x: Value): Value;
  leakyRelu(x: Value, alpha?: number): Value;
  elu(x: Value, alpha?: number): Value;
}

const cases: Cases = [{ inputs: [["N", 3]] }, { inputs: [[2, 3]] }];

const SQRT_HALF = Math.SQRT1_2;
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** Φ(x) + x·φ(x) */
function geluSlope(g: Graph, x: Value): Value {
  const cumulated = g.mul(g.add(g.erf(g.mul(x, SQRT_HALF)), 1), 0.5);
  const density = g.mul(g.exp(g.mul(g.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return g.add(cumulated, g.mul(x, density));
}

/** Of ½·x·(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³). */
function tanhGeluSlope(g: Graph, x: Value): Value {
  const square = g.square(x);
  const t = g.tanh(g.mul(g.mul(x, g.add(g.mul(square, CUBIC), 1)), SQRT_2_OVER_PI));
  const du = g.mul(g.add(g.mul(square, 3 * CUBIC), 1), SQRT_2_OVER_PI);
  const inner = g.mul(g.mul(x, du), g.sub(1, g.square(t)));
  return g.mul(g.add(g.add(t, 1), inner), 0.5);
}

export const Gelu = defineOp(operators.Gelu, {
  grad: ({ dy, g, inputs: [x], attributes: { approximate } }) => [
    () => g.mul(dy, approximate === "tanh" ? tanhGeluSlope(g, x) : geluSlope(g, x)),
  ],
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3]], attributes: { approximate: "tanh" } }],
  check: "float32",
});

/** 1 above zero, 0 below. */
const isPositive = (g: Graph, x: Value): Value => g.cast(g.greater(x, 0), x.dtype);

export const Elu = defineOp(operators.Elu, {
  grad: ({ dy, y, g, inputs: [x], attributes: { alpha } }) => [
    () => g.mul(dy, g.where(g.greater(x, 0), 1, g.add(y, alpha))),
  ],
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3]], attributes: { alpha: 0.7 } }],
  check: "float32",
});

export const Celu = defineOp(operators.Celu, {
  grad: ({ dy, g, inputs: [x], attributes: { alpha } }) => [
    () => g.mul(dy, g.exp(g.mul(g.min(x, 0), 1 / alpha))),
  ],
  cases: [{ inputs: [["N", 3]], attributes: { alpha: 0.7 } }],
  check: "float32",
});

export const Selu = defineOp(operators.Selu, {
  grad: ({ dy, y, g, inputs: [x], attributes: { alpha, gamma } }) => [
    () => g.mul(dy, g.where(g.greater(x, 0), gamma, g.add(y, alpha * gamma))),
  ],
  cases: [{ inputs: [["N", 3]] }],
  check: "float32",
});

export const LeakyRelu = defineOp(operators.LeakyRelu, {
  grad: ({ dy, g, inputs: [x], attributes: { alpha } }) => [
    () => g.mul(dy, g.add(g.mul(isPositive(g, x), 1 - alpha), alpha)),
  ],
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3]], attributes: { alpha: 0.3 } }],
  check: "float32",
});

export const PRelu = defineOp(operators.PRelu, {
  grad: ({ dy, g, inputs: [x, slope] }) => [
    () => g.where(g.greater(x, 0), dy, g.mul(dy, slope)),
    () => g.mul(dy, g.min(x, 0)),
  ],
  cases: [
    { inputs: [["N", 3], [3]] },
    {
      inputs: [
        ["N", 2, 3],
        [2, 1],
      ],
    },
  ],
  check: "float32",
});

export const ThresholdedRelu = defineOp(operators.ThresholdedRelu, {
  grad: ({ dy, g, inputs: [x], attributes: { alpha } }) => [
    () => g.where(g.greater(x, alpha), dy, 0),
  ],
  cases: [{ inputs: [["N", 3]], attributes: { alpha: 0.4 } }],
  check: "float32",
});

export const HardSigmoid = defineOp(operators.HardSigmoid, {
  grad: ({ dy, y, g, attributes: { alpha } }) => [
    () => g.where(g.and(g.greater(y, 0), g.less(y, 1)), g.mul(dy, alpha), 0),
  ],
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3]], attributes: { alpha: 0.9, beta: 0.4 } }],
  check: "float32",
});

export const HardSwish = defineOp(operators.HardSwish, {
  // Below −3 it is 0, above 3 it is x, between x·(x + 3)/6.
  grad: ({ dy, g, inputs: [x] }) => [
    () => {
      const between = g.add(g.mul(x, 1 / 3), 0.5);
      const above = isPositive(g, g.sub(x, 3));
      return g.mul(dy, g.where(g.less(g.abs(x), 3), between, above));
    },
  ],
  cases: [
    { inputs: [["N", 3]] },
    { inputs: [{ shape: ["N", 3], between: [-5, -3.5] }] },
    { inputs: [{ shape: ["N", 3], between: [3.5, 5] }] },
  ],
  check: "float32",
});

export const Mish = defineOp(operators.Mish, {
  grad: ({ dy, g, inputs: [x] }) => [
    () => {
      const t = g.tanh(g.softplus(x));
      const slope = g.mul(g.mul(x, g.sigmoid(x)), g.sub(1, g.square(t)));
      return g.mul(dy, g.add(t, slope));
    },
  ],
  cases,
  check: "float32",
});

export const Softsign = defineOp(operators.Softsign, {
  // 1 / (1 + |x|)²
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.square(g.add(g.abs(x), 1)))],
  cases,
  check: "float32",
});

export const Shrink = defineOp(operators.Shrink, {
  grad: ({ dy, g, inputs: [x], attributes: { lambd } }) => [
    () => g.where(g.greater(g.abs(x), lambd), dy, 0),
  ],
  cases: [{ inputs: [["N", 3]], attributes: { lambd: 0.4, bias: 0.2 } }],
  check: "float32",
});

export const Hardmax = defineOp(operators.Hardmax, {
  grad: flat("is constant between jumps"),
  cases,
  check: "float32",
});

export function builders(g: Graph): ActivationBuilders {
  return {
    gelu: (x, approximate = "none") => g.emit(Gelu, [x], { approximate }),
    silu: (x) => g.mul(x, g.sigmoid(x)),
    leakyRelu: (x, alpha = 0.01) => g.emit(LeakyRelu, [x], { alpha }),
    elu: (x, alpha = 1) => g.emit(Elu, [x], { alpha }),
  };
}
