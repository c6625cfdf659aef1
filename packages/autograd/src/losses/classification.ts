import { dimAt } from "@groundswell/onnx";

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
 * Cross-entropy for classes given by number, the mean over the rows that count. `logits`
 * [N, classes], `classes` int64 [N]; rows of the class `ignored` count nothing.
 */
export function sparseCrossEntropy(g: Graph, logits: Value, classes: Value, ignored = -100): Value {
  const counts = g.cast(g.not(g.equal(classes, ignored)), logits.dtype);
  const present = g.where(g.equal(classes, ignored), 0, classes);
  const all = g.constant(
    Array.from({ length: Number(dimAt(logits.shape, 1)) }, (_, k) => k),
    "int64",
  );
  const chosen = g.cast(g.equal(g.unsqueeze(present, [1]), all), logits.dtype);
  const each = g.reduceSum(g.mul(g.logSoftmax(logits), chosen), { axes: [1] });
  return g.neg(g.div(g.reduceSum(g.mul(each, counts)), g.max(g.reduceSum(counts), 1)));
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
