import { dimAt } from "../dim.ts";
import type { ElementType } from "../model.ts";
import {
  defineOperator,
  dtype,
  float,
  int,
  ints,
  several,
  type Known,
  type ShapeRule,
} from "./operator.ts";

const same: ShapeRule = ([x]) => x;

const NORMAL = { mean: float(0), scale: float(1), seed: float(null) };
const UNIFORM = { low: float(0), high: float(1), seed: float(null) };
const GIVEN_SHAPE = { shape: ints(), dtype: dtype("float32") };

interface LikeSite {
  readonly inputs: readonly [Known, ...Known[]];
  readonly attributes: { readonly dtype: ElementType | null };
}

/** The type that is asked for, or else the first input's. */
const askedType = ({ inputs: [x], attributes }: LikeSite): ElementType =>
  attributes.dtype ?? x.dtype;

export const RandomNormal = defineOperator({
  name: "RandomNormal",
  attributes: { ...NORMAL, ...GIVEN_SHAPE },
  shape: (_, { attributes }) => attributes.shape,
  dtype: ({ attributes }) => attributes.dtype,
});

export const RandomUniform = defineOperator({
  name: "RandomUniform",
  attributes: { ...UNIFORM, ...GIVEN_SHAPE },
  shape: (_, { attributes }) => attributes.shape,
  dtype: ({ attributes }) => attributes.dtype,
});

export const RandomNormalLike = defineOperator({
  name: "RandomNormalLike",
  attributes: { ...NORMAL, dtype: dtype(null) },
  shape: same,
  dtype: askedType,
});

export const RandomUniformLike = defineOperator({
  name: "RandomUniformLike",
  attributes: { ...UNIFORM, dtype: dtype(null) },
  shape: same,
  dtype: askedType,
});

/** 1 with the probability that the input says, else 0. */
export const Bernoulli = defineOperator({
  name: "Bernoulli",
  attributes: { dtype: dtype(null), seed: float(null) },
  shape: same,
  dtype: askedType,
});

/** Draws classes for each row of log-probabilities [batch, classes]. */
export const Multinomial = defineOperator({
  name: "Multinomial",
  attributes: { dtype: dtype("int32"), sample_size: int(1), seed: float(null) },
  shape: ([x], { attributes }) => [dimAt(x, 0), attributes.sample_size],
  dtype: ({ attributes }) => attributes.dtype,
});

/** The second output says which entries were kept. */
export const Dropout = defineOperator({
  name: "Dropout",
  attributes: { seed: int(null) },
  shape: ([x], { inputs }) =>
    several([
      { shape: x, dtype: inputs[0].dtype },
      { shape: x, dtype: "bool", optional: true },
    ]),
});
