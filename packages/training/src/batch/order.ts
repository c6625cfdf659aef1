import type { RandomStream } from "@groundswell/autograd";

/** Tells the draws of the order from those of augmentation, which begin at 1. */
const ORDER = 0;

/**
 * Examples in the order of an epoch: by a hash of (seed, epoch, example), so that it doesn't
 * depend on how they were stored, and one example more or less leaves the others in place.
 */
export function orderOf<Item extends { seq: number }>(
  items: readonly Item[],
  random: RandomStream,
  epoch: number,
): Item[] {
  return items
    .map((item) => ({ item, key: random.bits(ORDER, epoch, item.seq) }))
    .sort((a, b) => a.key - b.key || a.item.seq - b.item.seq)
    .map(({ item }) => item);
}

/** Parts of `size`, the last one what is left. */
export function* partsOf<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
