import { randomStream } from "@groundswell/autograd";
import { type Tensor, tensor } from "@groundswell/onnx";

import type { Piece } from "./pieces.ts";

/** A message as its words, each as its pieces, with the number of its class. */
export interface Example {
  readonly words: readonly (readonly Piece[])[];
  readonly label: number;
}

/**
 * Batches of messages of about one length, in an order of their own for each round: no word of
 * padding is computed but for the few where two lengths meet.
 */
export function batchesOf(
  examples: readonly Example[],
  size: number,
  { seed, round }: { readonly seed: number; readonly round: number },
): Example[][] {
  const random = randomStream(seed);
  const byLength = examples
    .map((example, i) => ({ example, key: example.words.length + random.uniform(i, round) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ example }) => example);
  const batches = Array.from({ length: Math.ceil(examples.length / size) }, (_, k) =>
    byLength.slice(k * size, (k + 1) * size),
  );
  return batches
    .map((batch, i) => ({ batch, key: random.uniform(i, round, 1) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ batch }) => batch);
}

/** What is left out of the words while learning, each time something else. */
export interface Noise {
  /** Shares of whole words, and of pieces of the others. */
  readonly words: number;
  readonly pieces: number;
  readonly seed: number;
  readonly step: number;
}

/** A batch as the network is fed it. */
export interface Encoded {
  readonly feeds: Record<string, Tensor>;
  /** The pieces that occur: column j of the bag stands for `ids[j]`. */
  readonly ids: Int32Array;
}

/**
 * `bag` [batch · length, pieces]: row b·length + i holds what each piece counts in word i of
 * text b, which adds up to 1. `places` [length] counts the words; `inside` [batch, length] has 1
 * where there is one.
 */
export function encode(batch: readonly Example[], noise?: Noise): Encoded {
  const length = Math.max(...batch.map(({ words }) => words.length));
  const rows = batch.flatMap(({ words }, b) =>
    words.map((pieces, i) => ({
      row: b * length + i,
      pieces: kept(pieces, b * length + i, noise),
    })),
  );
  const ids = [...new Set(rows.flatMap(({ pieces }) => pieces.map(({ id }) => id)))];
  // The runtime has no product over nothing.
  if (ids.length === 0) ids.push(0);
  const columns = new Map(ids.map((id, column) => [id, column]));
  const bag = new Float32Array(batch.length * length * ids.length);
  const inside = new Float32Array(batch.length * length);
  for (const { row, pieces } of rows) {
    inside[row] = 1;
    const total = pieces.reduce((sum, { weight }) => sum + weight, 0);
    for (const { id, weight } of pieces) {
      const at = row * ids.length + (columns.get(id) ?? 0);
      bag[at] = (bag[at] ?? 0) + weight / total;
    }
  }
  const places = BigInt64Array.from({ length }, (_, i) => BigInt(i));
  return {
    ids: Int32Array.from(ids),
    feeds: {
      bag: tensor("float32", [batch.length * length, ids.length], bag),
      inside: tensor("float32", [batch.length, length], inside),
      places: tensor("int64", [length], places),
    },
  };
}

function kept(pieces: readonly Piece[], row: number, noise: Noise | undefined): readonly Piece[] {
  if (noise === undefined) return pieces;
  const { words, pieces: share, seed, step } = noise;
  const random = randomStream(seed);
  if (random.uniform(0, step, 2 * row) < words) return [];
  return pieces.filter((_, k) => random.uniform(k, step, 2 * row + 1) >= share);
}
