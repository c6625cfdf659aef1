import type { PredictionAnswer } from "@groundswell/contracts";

const MOST_CLASSES = 10;
const MILLION = 1_000_000;

/** Six digits are what a float32 is worth, and spare the wire the noise after them. */
const rounded = (probability: number) => Math.round(probability * MILLION) / MILLION;

/** @param probabilities `[classes.length]` */
export function outputOf(
  classes: readonly string[],
  probabilities: Float32Array,
): PredictionAnswer["output"] {
  const likeliest = [...probabilities.keys()]
    // The first of equals, so that the same weights always give the same label.
    .sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0) || a - b)
    .slice(0, MOST_CLASSES)
    .map((k) => ({ label: classes[k] ?? "", probability: rounded(probabilities[k] ?? 0) }));
  const [best = { label: "", probability: 0 }] = likeliest;
  return { ...best, classes: likeliest };
}
