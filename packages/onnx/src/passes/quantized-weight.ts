import { PassError } from "../errors.ts";
import type { NumericTensor } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import { loaded, stored } from "./stored.ts";

/** A weight as int8 with zero at 0: value ≈ quantised · scale of its channel. */
export interface QuantizedWeight {
  readonly dims: readonly number[];
  readonly data: Int8Array;
  /** One for each channel. */
  readonly scales: Float32Array;
}

/**
 * Quantises a float32 weight, each channel (index along `axis`) by its own largest magnitude.
 * @param largest the int8 that the largest magnitude becomes: 127, or 63 where sums of
 *   products must not leave 16 bits (x86 without VNNI)
 * @throws PassError where the weight has an infinity or NaN
 */
export function quantizeWeight(
  weight: NumericTensor,
  { axis, largest }: { readonly axis: number; readonly largest: number },
): QuantizedWeight {
  const { dims } = weight;
  const values = loaded(weight).data as Float32Array;
  const stride = sizeOf(dims.slice(axis + 1));
  const channels = dims[axis] ?? 1;
  // Plain loops over runs of one channel: word tables have millions of elements.
  const channelOf = (run: number): number => (run / stride) % channels;

  const scales = new Float32Array(channels);
  for (let run = 0; run < values.length; run += stride) {
    let most = scales[channelOf(run)] ?? 0;
    for (let at = run; at < run + stride; at++) most = Math.max(most, Math.abs(values[at] ?? 0));
    scales[channelOf(run)] = most;
  }
  for (const [channel, most] of scales.entries()) {
    if (!Number.isFinite(most)) throw new PassError(`"${weight.name}" holds no finite numbers`);
    // A channel of zeros, or of numbers too small to divide, has no magnitude to go by.
    scales[channel] = Math.fround(most / largest) || 1;
  }

  const data = new Int8Array(values.length);
  for (let run = 0; run < values.length; run += stride) {
    const scale = scales[channelOf(run)] ?? 1;
    for (let at = run; at < run + stride; at++) data[at] = Math.round((values[at] ?? 0) / scale);
  }
  return { dims, data, scales };
}

/** The matrix [rows, columns] as [columns, rows]. */
export function transposed(weight: NumericTensor): NumericTensor {
  const [rows = 0, columns = 0] = weight.dims;
  const values = loaded(weight).data as Float32Array;
  const data = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      data[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return stored(weight.name, { dtype: "float32", dims: [columns, rows], data });
}
