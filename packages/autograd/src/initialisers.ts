import { sizeOf } from "@groundswell/onnx";

import { normalQuantile } from "./random.ts";
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

export const ones: Initialiser = (shape) => new Float32Array(sizeOf(shape)).fill(1);

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

/** Normal with mean 0, draws beyond two deviations drawn again from what is within. */
export const truncatedNormal =
  (std: number): Initialiser =>
  (shape, stream, index) =>
    filled(shape, (k) => {
      const [low, high] = WITHIN_TWO;
      return normalQuantile(low + (high - low) * stream.uniform(k, index)) * std;
    });

/** The normal distribution function at −2 and at 2. */
const WITHIN_TWO = [0.022750131948179195, 0.9772498680518208] as const;

/** How many inputs and outputs a weight connects. */
interface Fans {
  readonly inputs: number;
  readonly outputs: number;
}

/** A dense layer is [inputs, outputs], a kernel [outputs, inputs, …sizes]. */
function fansOf(shape: readonly number[]): Fans {
  const [first, second, ...sizes] = shape;
  if (first === undefined || second === undefined) {
    throw new RangeError(`Needs a matrix or a kernel, got [${shape.join(", ")}]`);
  }
  if (sizes.length === 0) return { inputs: first, outputs: second };
  const each = sizeOf(sizes);
  return { inputs: second * each, outputs: first * each };
}

/** Normal, or uniform, with the variance that follows from what a weight connects. */
const scaled =
  (variance: (fans: Fans) => number, kind: "normal" | "uniform"): Initialiser =>
  (shape, stream, index) => {
    const deviation = Math.sqrt(variance(fansOf(shape)));
    const draw = kind === "normal" ? normal(deviation) : uniform(deviation * Math.sqrt(3));
    return draw(shape, stream, index);
  };

/** Variance 2 / inputs, for a layer before a ReLU (He et al. 2015). Needs a matrix or a kernel. */
export const he = scaled(({ inputs }) => 2 / inputs, "normal");
export const heUniform = scaled(({ inputs }) => 2 / inputs, "uniform");

/** Variance 2 / (inputs + outputs) (Glorot, Bengio 2010). Needs a matrix or a kernel. */
export const xavier = scaled(({ inputs, outputs }) => 2 / (inputs + outputs), "uniform");
export const xavierNormal = scaled(({ inputs, outputs }) => 2 / (inputs + outputs), "normal");

/** Variance 1 / inputs (LeCun et al. 1998). Needs a matrix or a kernel. */
export const lecun = scaled(({ inputs }) => 1 / inputs, "normal");
export const lecunUniform = scaled(({ inputs }) => 1 / inputs, "uniform");

/**
 * Rows, or columns where there are fewer of those, that stand at right angles and have length
 * `gain` (Saxe, McClelland, Ganguli 2014). All axes after the first count as one. By
 * Gram-Schmidt in doubles, of nothing but exact operations and roots: the same bits everywhere.
 */
export const orthogonal =
  (gain = 1): Initialiser =>
  (shape, stream, index) => {
    const [rows = 1, ...rest] = shape;
    const columns = sizeOf(rest);
    const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
    const vectors: Float64Array[] = [];
    for (let i = 0; i < count; i++) {
      const vector = Float64Array.from({ length }, (_, k) => stream.normal(i * length + k, index));
      // Twice: what rounding left of the earlier ones goes the second time.
      for (const before of [...vectors, ...vectors]) subtractAlong(vector, before);
      const size = Math.sqrt(dot(vector, vector));
      vectors.push(vector.map((value) => value / size));
    }
    return filled(shape, (k) => {
      const [row, column] = [Math.floor(k / columns), k % columns];
      const value = rows <= columns ? vectors[row]?.[column] : vectors[column]?.[row];
      return gain * (value ?? 0);
    });
  };

function subtractAlong(vector: Float64Array, direction: Float64Array): void {
  const share = dot(vector, direction);
  for (const [i, value] of direction.entries()) vector[i] = (vector[i] ?? 0) - share * value;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (const [i, value] of a.entries()) sum += value * (b[i] ?? 0);
  return sum;
}

function filled(shape: readonly number[], draw: (k: number) => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let k = 0; k < values.length; k++) values[k] = draw(k);
  return values;
}
