import { axisOf, dimAt } from "../dim.ts";
import {
  defineOperator,
  float,
  int,
  ints,
  several,
  type OutputSpec,
  type ShapeRule,
} from "./operator.ts";

const same: ShapeRule = ([x]) => x;

/**
 * Inputs x [N, C, …], scale, bias, mean, variance [C]. In training it answers the running mean
 * and variance as well.
 */
export const BatchNormalization = defineOperator({
  name: "BatchNormalization",
  attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
  shape: ([x], { inputs, attributes }) => {
    const output: OutputSpec = { shape: x, dtype: inputs[0].dtype };
    if (attributes.training_mode === 0) return several([output]);
    const running = [inputs[3], inputs[4]].map((input): OutputSpec => ({
      shape: [dimAt(x, 1)],
      dtype: input?.dtype ?? inputs[0].dtype,
    }));
    return several([output, ...running]);
  },
});

export const InstanceNormalization = defineOperator({
  name: "InstanceNormalization",
  attributes: { epsilon: float(1e-5) },
  shape: same,
});

export const GroupNormalization = defineOperator({
  name: "GroupNormalization",
  attributes: { epsilon: float(1e-5), num_groups: int(), stash_type: int(1) },
  shape: same,
});

/** Also answers the mean and the inverse standard deviation, always as float32. */
export const LayerNormalization = defineOperator({
  name: "LayerNormalization",
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: ([x], { inputs, attributes }) => {
    const axis = axisOf(attributes.axis, x.length);
    const shape = x.map((dim, i) => (i < axis ? dim : 1));
    const statistic: OutputSpec = { shape, dtype: "float32", optional: true };
    return several([{ shape: x, dtype: inputs[0].dtype }, statistic, statistic]);
  },
});

/** Since operator set 23. */
export const RMSNormalization = defineOperator({
  name: "RMSNormalization",
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  shape: same,
});

export const LpNormalization = defineOperator({
  name: "LpNormalization",
  attributes: { axis: int(-1), p: int(2) },
  shape: same,
});

export const MeanVarianceNormalization = defineOperator({
  name: "MeanVarianceNormalization",
  attributes: { axes: ints([0, 2, 3]) },
  shape: same,
});

export const LRN = defineOperator({
  name: "LRN",
  attributes: { alpha: float(0.0001), beta: float(0.75), bias: float(1), size: int() },
  shape: same,
});
