import type { Random } from "./random.ts";

/** What becomes of a file. `others` are files to take pieces from. */
export type ByteMutation = (
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
) => Uint8Array;

const joined = (...pieces: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces));

/** A piece of at most `longest` bytes, as [from, to]. */
function stretch(bytes: Uint8Array, random: Random, longest: number): readonly [number, number] {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + 1 + random.below(longest))];
}

/** Lengths and numbers at the edges of what readers count with. */
const VARINTS = [
  [0x00],
  [0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x07],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
].map((varint) => Uint8Array.from(varint));

export const BYTE_MUTATIONS: Readonly<Record<string, ByteMutation>> = {
  "bit flips": (bytes, random) => {
    const mutant = bytes.slice();
    for (let flips = 1 + random.below(8); flips > 0; flips--) {
      const at = random.below(mutant.length);
      mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
    }
    return mutant;
  },
  "bytes at the edge": (bytes, random) => {
    const mutant = bytes.slice();
    for (let times = 1 + random.below(4); times > 0; times--) {
      mutant[random.below(mutant.length)] = random.pick([0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff]);
    }
    return mutant;
  },
  "cut short": (bytes, random) => bytes.slice(0, random.below(bytes.length)),
  "piece removed": (bytes, random) => {
    const [from, to] = stretch(bytes, random, 64);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  "piece repeated": (bytes, random) => {
    const [from, to] = stretch(bytes, random, 256);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  "piece of another": (bytes, random, others) => {
    const other = random.pick(others);
    const [from, to] = stretch(bytes, random, 256);
    const [otherFrom, otherTo] = stretch(other, random, 256);
    return joined(bytes.subarray(0, from), other.subarray(otherFrom, otherTo), bytes.subarray(to));
  },
  "extreme varint": (bytes, random) => {
    const at = random.below(bytes.length);
    let end = at + 1;
    // A whole varint goes, so that what follows stays in step.
    while (end < bytes.length && (bytes[end - 1] ?? 0) >= 0x80) end += 1;
    return joined(bytes.subarray(0, at), random.pick(VARINTS), bytes.subarray(end));
  },
};
