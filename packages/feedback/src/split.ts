import { createHmac } from "node:crypto";

export type Split = "train" | "validation" | "exam";

/** Shares of a model's people: what is left learns. The exam part is never learned from; the validation part stops a training early. */
export interface Shares {
  exam: number;
  validation: number;
}

export type Counts = Readonly<Record<Split, number>>;

const SPLITS: readonly Split[] = ["exam", "validation", "train"];
/** People who are placed together, in an order that nobody can know from outside. */
const BLOCK = 8;
const MOST_TRIES = 400;

/**
 * The parts of the next eight people in the order in which they are seen first, so that from eight
 * on no part that was declared is empty, and each has its share of them to within one person,
 * whenever it is counted (permuted blocks; where a share is less than one of the first eight, that
 * one comes first). Whoever is placed stays there.
 *
 * @param salt of the model: the order in a block follows from it, and can't be guessed without it
 * @param counts people placed so far
 */
export function nextBlock(salt: Buffer, shares: Shares, counts: Counts): Split[] {
  const wanted = partsOf(shares, counts);
  const placed = sum(counts);
  for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
    const block = shuffled(wanted, salt, placed, attempt);
    if (keepsShares(block, shares, counts)) return block;
  }
  return shuffled(wanted, salt, placed, MOST_TRIES);
}

/** How many of each part make the shares true at the block's end, the largest remainders first. */
function partsOf(shares: Shares, counts: Counts): Split[] {
  const at = sum(counts) + BLOCK;
  const isMissing = (split: Split) => shareOf(shares, split) > 0 && counts[split] === 0;
  const parts = SPLITS.filter(isMissing);
  const due = SPLITS.map((split) => {
    const open = shareOf(shares, split) * at - counts[split];
    return { split, open: isMissing(split) ? open - 1 : open };
  });
  while (parts.length < BLOCK) {
    const next = due.reduce((a, b) => (b.open > a.open ? b : a));
    next.open -= 1;
    parts.push(next.split);
  }
  return parts;
}

/** Before the eighth person there is nothing to keep; where the shares are not kept already, neither. */
function keepsShares(block: readonly Split[], shares: Shares, counts: Counts): boolean {
  const placed = { ...counts };
  if (sum(counts) === 0 || !isKept(placed, shares)) return true;
  return block.every((split) => {
    placed[split] += 1;
    return isKept(placed, shares);
  });
}

const isKept = (counts: Counts, shares: Shares): boolean =>
  SPLITS.every(
    (split) => Math.abs(counts[split] - shareOf(shares, split) * sum(counts)) <= 1 + 1e-9,
  );

const shareOf = ({ exam, validation }: Shares, split: Split): number =>
  split === "train" ? 1 - exam - validation : split === "exam" ? exam : validation;

const sum = (counts: Counts) => counts.train + counts.validation + counts.exam;

/** Fisher and Yates, by an HMAC of how many were placed before. */
function shuffled(parts: readonly Split[], salt: Buffer, placed: number, attempt: number): Split[] {
  const draws = createHmac("sha512", salt).update(`block ${placed} ${attempt}`).digest();
  const order = [...parts];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const at = Math.floor((draws.readUInt32BE(4 * last) / 2 ** 32) * (last + 1));
    [order[last], order[at]] = [order[at] ?? "train", order[last] ?? "train"];
  }
  return order;
}
