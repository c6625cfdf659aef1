import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { requireSameShape } from "./same-shape.ts";

export interface CrossEntropyOptions {
  /** Share of each target that is spread evenly over all classes. Default 0. */
  readonly smoothing?: number;
  /** [classes]: what a target of each class counts. */
  readonly classWeights?: Value;
}

/**
 * Cross-entropy of a softmax, summed: −Σ logSoftmax(logits) · targets, a scalar.
 *
 * `logits` and `targets` are [N, classes]. A row of `targets` is the wanted distribution
 * times the weight of the example, so that one sum serves for means (weight 1/N), for
 * examples that count more than others, and for padding (weight 0).
 */
export function crossEntropy(
  g: Graph,
  logits: Value,
  targets: Value,
  { smoothing = 0, classWeights }: CrossEntropyOptions = {},
): Value {
  requireSameShape(logits, targets);
  let wanted = smoothing === 0 ? targets : smoothed(g, targets, smoothing);
  if (classWeights !== undefined) wanted = g.mul(wanted, classWeights);
  return g.neg(g.reduceSum(g.mul(g.logSoftmax(logits), wanted)));
}

/** Each row keeps what it adds up to. */
function smoothed(g: Graph, targets: Value, share: number): Value {
  const even = g.reduceMean(targets, { axes: [targets.shape.length - 1], keepDims: true });
  return g.add(g.mul(targets, 1 - share), g.mul(even, share));
}

/**
 * Cross-entropy of yes or no, the mean over all elements. `logits` and `targets` (between 0
 * and 1) have one shape. Never overflows: softplus(z) − z·y.
 */
export function binaryCrossEntropy(g: Graph, logits: Value, targets: Value): Value {
  requireSameShape(logits, targets);
  return g.reduceMean(g.sub(g.softplus(logits), g.mul(logits, targets)));
}

export interface DistillationOptions {
  /** Above 1 it softens both sides. Default 2. */
  readonly temperature?: number;
}

/**
 * Divergence of a student's softmax from a teacher's, both at a temperature, the mean over
 * rows times temperature² (Hinton, Vinyals, Dean 2015). `student` and `teacher` are logits
 * [N, classes]; the teacher gets no slope.
 */
export function distillation(
  g: Graph,
  student: Value,
  teacher: Value,
  { temperature = 2 }: DistillationOptions = {},
): Value {
  requireSameShape(student, teacher);
  const fixed = g.detach(teacher);
  const wanted = g.softmax(g.mul(fixed, 1 / temperature));
  const said = g.logSoftmax(g.mul(student, 1 / temperature));
  const difference = g.sub(g.logSoftmax(g.mul(fixed, 1 / temperature)), said);
  const rows = g.reduceSum(g.mul(wanted, difference), { axes: [1] });
  return g.mul(g.reduceMean(rows), temperature ** 2);
}
