import { operators, showShape } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import type { CrossEntropyOptions } from "./classification.ts";

export interface SparseCrossEntropyOptions extends CrossEntropyOptions {
  /** The class of places that count nothing: padding, say. Default −100. */
  readonly ignored?: number;
}

/**
 * Cross-entropy for classes given by number, the mean over the places that count, weighted by
 * what their classes count, as torch.nn.functional.cross_entropy has it; 0 where none does.
 * `logits` [..., classes], `classes` int64 [...].
 */
export function sparseCrossEntropy(
  g: Graph,
  logits: Value,
  classes: Value,
  options: SparseCrossEntropyOptions = {},
): Value {
  const { smoothing = 0, classWeights, ignored = -100 } = options;
  const logs = g.logSoftmax(logits);
  const { present, counts } = withoutIgnored(g, logits, classes, ignored);
  const own = g.neg(entriesAt(g, logs, present));
  const weights =
    classWeights === undefined ? counts : g.mul(counts, g.gather(classWeights, present));
  let lost = g.mul(own, weights);
  if (smoothing > 0) {
    // Of all classes, each with its own weight.
    const weighted = classWeights === undefined ? logs : g.mul(logs, classWeights);
    const even = g.mul(g.reduceMean(g.neg(weighted), { axes: [logs.shape.length - 1] }), counts);
    lost = g.add(g.mul(lost, 1 - smoothing), g.mul(even, smoothing));
  }
  const total = g.reduceSum(weights);
  const divisor = g.where(g.equal(total, 0), 1, total);
  return g.div(g.reduceSum(lost), divisor);
}

/**
 * Log-probability of whole sequences, [N]: the sum over their places of that of the class
 * there. `logits` [N, places, classes], `classes` int64 [N, places]; places of the class
 * `ignored` (default −100) count nothing. What `dpo` compares.
 */
export function sequenceLogProbability(
  g: Graph,
  logits: Value,
  classes: Value,
  ignored = -100,
): Value {
  const { present, counts } = withoutIgnored(g, logits, classes, ignored);
  const chosen = entriesAt(g, g.logSoftmax(logits), present);
  return g.reduceSum(g.mul(chosen, counts), { axes: [1] });
}

/** Classes that are there, 0 in place of those ignored, and 1 or 0 for whether a place counts. */
function withoutIgnored(
  g: Graph,
  logits: Value,
  classes: Value,
  ignored: number,
): { readonly present: Value; readonly counts: Value } {
  if (classes.shape.length !== logits.shape.length - 1) {
    const shapes = `${showShape(logits.shape)} and classes ${showShape(classes.shape)}`;
    throw new GraphError(`Logits ${shapes} don't belong together`);
  }
  const isIgnored = g.equal(classes, ignored);
  return {
    present: g.where(isIgnored, 0, classes),
    counts: g.cast(g.not(isIgnored), logits.dtype),
  };
}

/** Of each row of `x` [..., n] the entry that `index` [...] names. */
function entriesAt(g: Graph, x: Value, index: Value): Value {
  const axis = index.shape.length;
  const column = g.emit(operators.GatherElements, [x, g.unsqueeze(index, [axis])], { axis });
  return g.squeeze(column, [axis]);
}
