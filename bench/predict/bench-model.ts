import { greyPng } from "@groundswell/serve/testing";
import type { ModelSettings } from "@groundswell/training";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** 784-256-10: what the figures of other servers were taken with. */
export const settings: ModelSettings = {
  recipe: "image-classifier",
  classes: Array.from({ length: 10 }, (_, k) => `class ${k}`),
  config: { width: SIDE, height: SIDE, hidden: 256 },
  seed: 1,
};

/** A ring, drawn as a pen does: a handwritten zero has about as many grey pixels. */
export function pixelOf(i: number): number {
  const distance = Math.hypot((i % SIDE) - 14, Math.floor(i / SIDE) - 14);
  return Math.round(255 * Math.max(0, 1 - Math.abs(distance - 7) / 2));
}

export const picture = greyPng(SIDE, pixelOf);
