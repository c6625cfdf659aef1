import { sizeOf } from "@groundswell/onnx";

import type { RandomStream } from "./random.ts";

/**
 * The first values of a parameter, row-major. `index` tells the parameters of a model
 * apart: draws are `stream`'s for a = index, so that a parameter added at the end leaves
 * those before it as they were.
 */
export type Initialiser = (
  shape: readonly number[],
  stream: RandomStream,
  index: number,
) => Float32Array;

export const zeros: Initialiser = (shape) => new Float32Array(sizeOf(shape));

/** Normal with mean 0. */
export const normal =
  (std: number): Initialiser =>
  (shape, stream, index) =>
    filled(shape, (k) => stream.normal(k, index) * std);

/** Uniform between −limit and limit. */
export const uniform =
  (limit: number): Initialiser =>
  (shape, stream, index) =>
    filled(shape, (k) => (2 * stream.uniform(k, index) - 1) * limit);

/** Normal with variance 2 / inputs, for a layer before a ReLU (He et al. 2015). Shape [inputs, outputs]. */
export const he: Initialiser = (shape, stream, index) => {
  const [inputs] = matrix(shape);
  return normal(Math.sqrt(2 / inputs))(shape, stream, index);
};

/** Uniform with variance 2 / (inputs + outputs) (Glorot, Bengio 2010). Shape [inputs, outputs]. */
export const xavier: Initialiser = (shape, stream, index) => {
  const [inputs, outputs] = matrix(shape);
  return uniform(Math.sqrt(6 / (inputs + outputs)))(shape, stream, index);
};

function matrix(shape: readonly number[]): readonly [number, number] {
  const [inputs, outputs] = shape;
  if (shape.length !== 2 || inputs === undefined || outputs === undefined) {
    throw new RangeError(`Needs the shape of a matrix, got [${shape.join(", ")}]`);
  }
  return [inputs, outputs];
}

function filled(shape: readonly number[], draw: (k: number) => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let k = 0; k < values.length; k++) values[k] = draw(k);
  return values;
}
