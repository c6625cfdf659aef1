import { bestOf, type Forward } from "../forward.ts";
import type { Architecture, Weights } from "../recipe.ts";
import type { Target } from "../targets.ts";
import { partsOf } from "./order.ts";

/** How well weights do on examples that they were not made from. */
export interface Judgement {
  /** Mean cross-entropy in nats, weighted. NaN without examples. */
  loss: number;
  /** Share of right answers, each example counting once. */
  accuracy: number;
}

export interface Judged extends Target {
  features: unknown;
}

/** Large enough to be quick, small enough for a bag of many rows. */
const TOGETHER = 256;

/** A probability of zero would be an infinite loss. */
const LEAST = 1e-12;

export function judge(
  architecture: Architecture,
  forward: Forward,
  weights: Weights,
  examples: readonly Judged[],
): Judgement {
  const classes = architecture.classes.length;
  const batcher = architecture.createBatcher();
  let loss = 0;
  let total = 0;
  let right = 0;
  for (const part of partsOf(examples, TOGETHER)) {
    const batch = batcher.together(part.map(({ features }) => features));
    const probabilities = forward.run(batch, weights);
    const best = bestOf(probabilities, classes);
    for (const [i, { place, weight }] of part.entries()) {
      loss -= weight * Math.log(Math.max(LEAST, probabilities[i * classes + place] ?? 0));
      total += weight;
      if (best[i] === place) right += 1;
    }
  }
  return { loss: loss / total, accuracy: right / examples.length };
}
