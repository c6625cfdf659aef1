import type { Overview } from "@groundswell/contracts";
import { wilson } from "@groundswell/models";

/** Predictions that an accuracy is taken over. */
const WINDOW = 500;
const MOST_POINTS = 60;
const LEAST_STRIDE = 10;

type Point = Overview["progressive_curve"][number];

/** What is kept of a stream of outcomes, however long it is. */
export interface Progressive {
  /** Outcomes so far. */
  n: number;
  /** The last ones, as `1` and `0`. */
  tail: string;
  /** At multiples of the stride. */
  points: readonly Point[];
  stride: number;
}

export const NOTHING_SCORED: Progressive = { n: 0, tail: "", points: [], stride: LEAST_STRIDE };

/**
 * Accuracy along the stream: each prediction was made before its feedback was seen, so that this
 * is the accuracy on examples that the model had not learned from.
 *
 * @param outcomes whether each that follows was right, in the order of scoring, as `1` and `0`
 */
export function follow(before: Progressive, outcomes: string): Progressive {
  const seen = before.tail + outcomes;
  const n = before.n + outcomes.length;
  const stride = strideFor(n, before.stride);
  const points = before.points.filter((point) => point.n % stride === 0);
  const unseen = n - seen.length;
  for (let at = Math.floor(before.n / stride + 1) * stride; at <= n; at += stride)
    points.push({ n: at, accuracy: accuracyOf(seen.slice(0, at - unseen)) });
  return { n, tail: seen.slice(-WINDOW), points, stride };
}

/** The curve has points where they stay as it grows, and one at its end. */
export function progressiveAccuracy({
  n,
  tail,
  points,
}: Progressive): Pick<Overview, "progressive" | "progressive_curve"> {
  if (n === 0) return { progressive: null, progressive_curve: [] };
  const accuracy = accuracyOf(tail);
  const isWhole = points.at(-1)?.n === n;
  return {
    progressive: accuracy,
    progressive_curve: [...points, ...(isWhole ? [] : [{ n, accuracy }])],
  };
}

function accuracyOf(outcomes: string) {
  const window = outcomes.slice(-WINDOW);
  return wilson(window.length - window.replaceAll("1", "").length, window.length);
}

/** Doubled where points get too many: every second one stays. */
function strideFor(n: number, stride: number): number {
  return n / stride < MOST_POINTS ? stride : strideFor(n, 2 * stride);
}
