import { broadcast, sameShape, showShape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, float, int, string, type ShapeRule } from "./operator.ts";

const same: ShapeRule = ([x]) => x;

export const Gelu = defineOperator({
  name: "Gelu",
  attributes: { approximate: string("none") },
  shape: same,
});

export const Elu = defineOperator({ name: "Elu", attributes: { alpha: float(1) }, shape: same });

export const Celu = defineOperator({ name: "Celu", attributes: { alpha: float(1) }, shape: same });

export const Selu = defineOperator({
  name: "Selu",
  attributes: { alpha: float(1.67326319217681884765625), gamma: float(1.05070102214813232421875) },
  shape: same,
});

export const LeakyRelu = defineOperator({
  name: "LeakyRelu",
  attributes: { alpha: float(0.01) },
  shape: same,
});

/** The slope below 0 is the second input, which broadcasts to the first. */
export const PRelu = defineOperator({
  name: "PRelu",
  shape: ([x, slope]) => {
    if (!sameShape(broadcast([x, slope]), x)) {
      throw new ShapeError(`A slope ${showShape(slope)} doesn't broadcast to ${showShape(x)}`);
    }
    return x;
  },
});

export const ThresholdedRelu = defineOperator({
  name: "ThresholdedRelu",
  attributes: { alpha: float(1) },
  shape: same,
});

export const HardSigmoid = defineOperator({
  name: "HardSigmoid",
  attributes: { alpha: float(0.2), beta: float(0.5) },
  shape: same,
});

export const HardSwish = defineOperator({ name: "HardSwish", shape: same });

/** Since operator set 24. */
export const Swish = defineOperator({
  name: "Swish",
  attributes: { alpha: float(1) },
  shape: same,
});

/** Swish of the first input times the second. */
export const SwiGLU = defineOperator({
  name: "SwiGLU",
  attributes: { alpha: float(1) },
  shape: same,
});

export const Mish = defineOperator({ name: "Mish", shape: same });

export const Softsign = defineOperator({ name: "Softsign", shape: same });

export const Shrink = defineOperator({
  name: "Shrink",
  attributes: { lambd: float(0.5), bias: float(0) },
  shape: same,
});

export const Hardmax = defineOperator({
  name: "Hardmax",
  attributes: { axis: int(-1) },
  shape: same,
});
