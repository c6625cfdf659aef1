/**
 * A word: letters, marks and digits of any script. A pictograph is one by itself: in feedback it
 * is often the whole message.
 */
const WORD = /[\p{L}\p{M}\p{N}_'’]+|\p{Extended_Pictographic}/gu;

/** Written without spaces between words: here one or two characters are what a word is elsewhere. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const SHORTEST = 3;
const LONGEST = 5;

/** More than this says nothing new of a message, and a step would pay for it. */
const MOST_FEATURES = 4_096;

/** Marks around a word, so that its first and last letters are known as such. */
const START = 0x3c;
const END = 0x3e;

/** Seeds that keep a word apart from the same letters inside another. */
const AS_WORD = 0x811c9dc5 ^ 1;
const AS_PART = 0x811c9dc5 ^ 2;
const AS_PAIR = 0x811c9dc5 ^ 3;

/** FNV-1a by characters instead of bytes. */
const mix = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

/** Spreads a hash over all of its bits (MurmurHash3's finaliser): buckets take only the low ones. */
function spread(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A whole word, or two, says more than any one of the many parts that it is in. */
const WORD_WEIGHT = 2;
const PART_WEIGHT = 1;

/** The features of a text, distinct, and how much each counts beside the others. */
export interface Features {
  ids: Int32Array;
  weights: Float32Array;
}

/**
 * Finds the features of texts: words, pairs of neighbouring words, and parts of 3 to 5 characters
 * of each `<word>` (1 to 5 where a script has no spaces), hashed to `buckets`, a power of two. No
 * dictionary: it works for any language and for words never seen.
 */
export function createFeatureHasher(buckets: number): (text: string) => Features {
  const mask = buckets - 1;
  /** Of each bucket: what it weighs in the text at hand, or 0. Clean between texts. */
  const weightOf = new Uint8Array(buckets);
  const found: number[] = [];

  const add = (hash: number, weight: number) => {
    const bucket = spread(hash) & mask;
    const before = weightOf[bucket] as number;
    if (before === 0) found.push(bucket);
    if (weight > before) weightOf[bucket] = weight;
  };
  const addPart = (hash: number) => add(hash, PART_WEIGHT);

  /** Empties the notes. */
  const taken = (): Features => {
    const ids = Int32Array.from(
      found.length > MOST_FEATURES ? found.slice(0, MOST_FEATURES) : found,
    );
    const weights = new Float32Array(ids.length);
    for (let i = 0; i < ids.length; i++) weights[i] = weightOf[ids[i] as number] as number;
    for (const bucket of found) weightOf[bucket] = 0;
    found.length = 0;
    return { ids, weights };
  };

  return (text) => {
    let before: number | undefined;
    for (const [word] of text.normalize("NFKC").toLowerCase().matchAll(WORD)) {
      if (found.length >= MOST_FEATURES) break;
      const characters = charactersOf(word);
      let hash = AS_WORD;
      for (const character of characters) hash = mix(hash, character);
      add(hash, WORD_WEIGHT);
      if (before !== undefined) add(mix(mix(AS_PAIR, before), hash), WORD_WEIGHT);
      before = hash;
      addParts(characters, UNSPACED.test(word) ? 1 : SHORTEST, addPart);
    }
    return taken();
  };
}

function charactersOf(word: string): number[] {
  const characters: number[] = [];
  for (const character of word) characters.push(character.codePointAt(0) ?? 0);
  return characters;
}

function addParts(
  characters: readonly number[],
  shortest: number,
  add: (hash: number) => void,
): void {
  const length = characters.length + 2;
  const at = (i: number): number =>
    i === 0 ? START : i === length - 1 ? END : (characters[i - 1] ?? 0);
  for (let start = 0; start < length; start++) {
    let hash = AS_PART;
    for (let size = 1; size <= LONGEST && start + size <= length; size++) {
      hash = mix(hash, at(start + size - 1));
      if (size >= shortest) add(hash);
    }
  }
}
