/** A word of any script, or a sign that says something by itself. */
const WORD = /[\p{L}\p{M}\p{N}]+|[?!$€£]/gu;

const SHORTEST = 3;
const LONGEST = 5;

/** Pieces are numbered below this. */
export const BUCKETS = 2 ** 16;

/** FNV-1a by characters, its bits spread by a last multiplication. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 13)) >>> 0) % BUCKETS;
}

/** Part of what a word is made of. */
export interface Piece {
  readonly id: number;
  /** What it counts beside the word's other pieces. */
  readonly weight: number;
}

// A whole word says more than any one of the many parts that it is in.
const WORD_WEIGHT = 4;
const PAIR_WEIGHT = 3;
const PART_WEIGHT = 1;

/**
 * The words of a text, each as the pieces whose mean its vector is: the word, the word with
 * the one before it, and its parts of 3 to 5 letters, by which words that were never seen are
 * like those that were.
 */
export function piecesOf(text: string, longest: number): Piece[][] {
  const words = text.normalize("NFKC").toLowerCase().match(WORD) ?? [];
  const kept = words.length === 0 ? [""] : words.slice(0, longest);
  return kept.map((word, i) => [
    { id: hash(`word ${word}`), weight: WORD_WEIGHT },
    { id: hash(`pair ${kept[i - 1] ?? ""} ${word}`), weight: PAIR_WEIGHT },
    ...partsOf(`<${word}>`).map((part) => ({ id: hash(`part ${part}`), weight: PART_WEIGHT })),
  ]);
}

function partsOf(word: string): string[] {
  const parts = new Set<string>();
  for (let length = SHORTEST; length <= Math.min(LONGEST, word.length); length++) {
    for (let start = 0; start + length <= word.length; start++) {
      parts.add(word.slice(start, start + length));
    }
  }
  return [...parts];
}
