import { tensor } from "@groundswell/onnx";

import type { Batcher } from "../../recipe.ts";
import type { Features } from "./features.ts";

/** A message as the model sees it: rows of the table, and how much of each. */
export interface Bag {
  ids: Int32Array;
  values: Float32Array;
}

/** Scaled to length one, so that long messages and short ones weigh the same. */
export function bagOf({ ids, weights }: Features): Bag {
  let squares = 0;
  for (const weight of weights) squares += weight * weight;
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
  return { ids, values: weights.map((weight) => weight * scale) };
}

/** The same without some of its rows; the others make up for them. */
export function thinned(
  { ids, values }: Bag,
  share: number,
  isDropped: (i: number) => boolean,
): Bag {
  const { length } = ids;
  // One piece of memory for both: thousands of messages are thinned a second.
  const memory = new ArrayBuffer(2 * 4 * length);
  const keptIds = new Int32Array(memory, 0, length);
  const keptValues = new Float32Array(memory, 4 * length, length);
  let count = 0;
  for (let i = 0; i < length; i++) {
    if (isDropped(i)) continue;
    keptIds[count] = ids[i] as number;
    keptValues[count] = (values[i] as number) / (1 - share);
    count += 1;
  }
  return { ids: keptIds.subarray(0, count), values: keptValues.subarray(0, count) };
}

/**
 * Puts messages together as a matrix `[messages, rows touched]`, so that the sum of a message's
 * rows is one product of matrices, and its gradient another.
 */
export function createBagger(table: string, buckets: number): Batcher<Bag> {
  /** Of each row of the table: its place among those that the batch touches, or -1. */
  const place = new Int32Array(buckets).fill(-1);
  let rows = new Int32Array(1_024);
  let matrix = new Float32Array(0);

  const collect = (bags: readonly Bag[]): number => {
    let touched = 0;
    for (const { ids } of bags) {
      for (const id of ids) {
        if ((place[id] as number) >= 0) continue;
        if (touched === rows.length) rows = grown(rows);
        rows[touched] = id;
        place[id] = touched++;
      }
    }
    // The graph has no matrix without columns: a batch of messages without words touches row 0, for nothing.
    if (touched === 0) rows[touched++] = 0;
    return touched;
  };

  return {
    together(bags) {
      const touched = collect(bags);
      const size = bags.length * touched;
      if (matrix.length < size) matrix = new Float32Array(size);
      else matrix.fill(0, 0, size);
      for (const [i, { ids, values }] of bags.entries()) {
        const row = i * touched;
        for (let k = 0; k < ids.length; k++)
          matrix[row + (place[ids[k] as number] as number)] = values[k] as number;
      }
      const used = rows.subarray(0, touched);
      for (const id of used) place[id] = -1;
      const bag = tensor("float32", [bags.length, touched], matrix.subarray(0, size));
      return { size: bags.length, inputs: { bag }, rows: { [table]: used } };
    },
  };
}

function grown(rows: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * rows.length);
  larger.set(rows);
  return larger;
}
