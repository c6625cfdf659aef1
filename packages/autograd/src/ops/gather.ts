import type { Value } from "../value.ts";

export interface GatherBuilders {
  /** Entries of `x` along `axis` (default 0) at `indices` (int64 or int32, of any shape). */
  gather(x: Value, indices: Value, axis?: number): Value;
  /** `indices` [..., k] address slices of `x` by its first k axes. */
  gatherNd(x: Value, indices: Value): Value;
  /** Adds `updates` to `x` at `indices` [..., k]; an index that comes twice adds twice. */
  scatterAdd(x: Value, indices: Value, updates: Value): Value;
}
