import { sameShape, showShape } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Value } from "./value.ts";

/**
 * Cross-entropy of a softmax, summed: −Σ logSoftmax(logits) · targets, a scalar.
 *
 * `logits` and `targets` are [N, classes]. A row of `targets` is the wanted distribution
 * times the weight of the example, so that one sum serves for means (weight 1/N), for
 * examples that count more than others, and for padding (weight 0).
 */
export function crossEntropy(g: Graph, logits: Value, targets: Value): Value {
  requireSameShape(logits, targets);
  return g.neg(g.reduceSum(g.mul(g.logSoftmax(logits), targets)));
}

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

function requireSameShape(output: Value, target: Value): void {
  if (!sameShape(output.shape, target.shape)) {
    throw new GraphError(
      `Output ${showShape(output.shape)} and target ${showShape(target.shape)} differ`,
    );
  }
}
