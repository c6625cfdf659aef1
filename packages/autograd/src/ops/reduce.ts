import type { Value } from "../value.ts";

export interface ReduceOptions {
  /** Negative ones count from the end. Default: all axes. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

export interface ReduceBuilders {
  reduceSum(x: Value, options?: ReduceOptions): Value;
  reduceMean(x: Value, options?: ReduceOptions): Value;
  reduceMax(x: Value, options?: ReduceOptions): Value;
  /** int64 index of the first greatest entry along `axis`, which is dropped unless `keepDims`. */
  argMax(x: Value, axis: number, options?: { readonly keepDims?: boolean }): Value;
}
