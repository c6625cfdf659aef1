import { allocate, holds } from "./dtype.ts";
import type { DType, TypedArray, TypedArrayOf } from "./dtype.ts";

/** Dense, row-major. `data` has exactly as many elements as `dims` multiply to; `[]` is a scalar. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly dims: readonly number[];
  readonly data: TypedArrayOf<D>;
}

/** Elements of a tensor with these dimensions. */
export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const dim of dims) size *= dim;
  return size;
}

/**
 * Wraps `data` without copying it.
 * @throws TypeError where the array isn't the one for `dtype`
 * @throws RangeError where `dims` and the array's length disagree: the runtime would read a
 *   longer array without a word
 */
export function tensor<D extends DType>(
  dtype: D,
  dims: readonly number[],
  data: TypedArrayOf<D>,
): Tensor<D> {
  if (!holds(dtype, data)) {
    throw new TypeError(`A ${dtype} tensor can't hold a ${data.constructor.name}`);
  }
  if (sizeOf(dims) !== data.length) {
    throw new RangeError(`[${dims.join(", ")}] needs ${sizeOf(dims)} elements, got ${data.length}`);
  }
  return { dtype, dims, data };
}

export function zeros<D extends DType>(dtype: D, dims: readonly number[]): Tensor<D> {
  return { dtype, dims, data: allocate(dtype, sizeOf(dims)) };
}

/** The data of a tensor whose element type the caller knows. @throws TypeError where it isn't that */
export function dataOf<D extends DType>(value: Tensor | undefined, dtype: D): TypedArrayOf<D> {
  if (value === undefined) throw new TypeError(`Expected a ${dtype} tensor, there is none`);
  if (value.dtype !== dtype) {
    throw new TypeError(`Expected a ${dtype} tensor, got ${value.dtype}`);
  }
  const data: TypedArray = value.data;
  return data as TypedArrayOf<D>;
}
