import type { Overview } from "@groundswell/contracts";
import { wilson } from "@groundswell/models";

/** Predictions that an accuracy is taken over. */
const WINDOW = 500;
const MOST_POINTS = 60;
const LEAST_STRIDE = 10;

/** Accuracy over the last predictions at one point of the stream. */
function accuracyAt(outcomes: string, n: number) {
  const window = outcomes.slice(Math.max(0, n - WINDOW), n);
  return wilson(window.length - window.replaceAll("1", "").length, window.length);
}

/**
 * Accuracy along the stream: each prediction was made before its feedback was seen, so that this
 * is the accuracy on examples that the model had not learned from.
 *
 * @param outcomes whether each was right, in the order of scoring, as `1` and `0`
 */
export function progressiveAccuracy(
  outcomes: string,
): Pick<Overview, "progressive" | "progressive_curve"> {
  const n = outcomes.length;
  if (n === 0) return { progressive: null, progressive_curve: [] };
  const points = pointsAlong(n).map((at) => ({ n: at, accuracy: accuracyAt(outcomes, at) }));
  return { progressive: accuracyAt(outcomes, n), progressive_curve: points };
}

/** Where the curve has points: at multiples of a round stride, so that they stay as it grows, and at its end. */
function pointsAlong(n: number): number[] {
  const stride = strideFor(n);
  const whole = Math.floor(n / stride);
  const points = Array.from({ length: whole }, (_, i) => (i + 1) * stride);
  return whole * stride === n ? points : [...points, n];
}

function strideFor(n: number): number {
  for (let power = LEAST_STRIDE; ; power *= 10)
    for (const stride of [power, 2 * power, 5 * power]) if (n / stride < MOST_POINTS) return stride;
}
