import type { RandomStream } from "./random.ts";

/**
 * Fills a new parameter. `index` tells parameters of one model apart: draws come from
 * (stream, index), so that adding a parameter at the end leaves the others as they were.
 */
export type Initialiser = (
  shape: readonly number[],
  stream: RandomStream,
  index: number,
) => Float32Array;
