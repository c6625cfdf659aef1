import type { Shape, Value } from "../value.ts";

export interface ShapeBuilders {
  /** Sizes of `x` as int64: a constant where all are known, else a Shape node. */
  shapeOf(x: Value): Value;
  /** Number of elements of `x`, an int64 scalar. */
  sizeOf(x: Value): Value;
  /**
   * At most one symbolic size may differ from the input's size at the same place; a
   * symbolic target that can't be expressed so is reached with `reshapeLike`.
   */
  reshape(x: Value, shape: Shape): Value;
  reshapeLike(x: Value, reference: Value): Value;
  /** [..., last] to [product of the others, last]. */
  flatten2(x: Value): Value;
  transpose(x: Value, permutation: readonly number[]): Value;
  /** Broadcasts to `shape`, whose sizes must be numbers. */
  expand(x: Value, shape: readonly number[]): Value;
  expandLike(x: Value, reference: Value): Value;
  concat(values: readonly Value[], axis: number): Value;
  /** Entries [start, end) along `axis`, whose size must be a number; negative ones count from the end. */
  slice(x: Value, axis: number, start: number, end?: number): Value;
  /** Parts of these lengths along `axis`. */
  split(x: Value, axis: number, lengths: readonly number[]): readonly Value[];
  /** Zeros around: `before[i]` and `after[i]` entries along axis i. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value;
  identity(x: Value): Value;
}
