import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { requireSameShape } from "./same-shape.ts";

/**
 * Squared error, a scalar: the mean over all elements, or, with `weights` [N], the sum over
 * rows of weight · mean over the row.
 */
export function meanSquared(g: Graph, prediction: Value, target: Value, weights?: Value): Value {
  requireSameShape(prediction, target);
  const squares = g.square(g.sub(prediction, target));
  if (weights === undefined) return g.reduceMean(squares);
  const withinRow = squares.shape.slice(1).map((_, axis) => axis + 1);
  return g.reduceSum(g.mul(g.reduceMean(squares, { axes: withinRow }), weights));
}

/**
 * Squared error near zero, its slope no greater than `delta` beyond (Huber 1964): the mean
 * over all elements of ½·d² where |d| ≤ delta, else delta·(|d| − ½·delta).
 */
export function huber(g: Graph, prediction: Value, target: Value, delta = 1): Value {
  requireSameShape(prediction, target);
  const distance = g.abs(g.sub(prediction, target));
  const near = g.min(distance, delta);
  // ½·near² + delta·(distance − near): both cases without a choice.
  const far = g.mul(g.sub(distance, near), delta);
  return g.reduceMean(g.add(g.mul(g.square(near), 0.5), far));
}
