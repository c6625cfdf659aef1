import { given, operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { type Cases, defineOp, type GradientSite } from "../op.ts";
import type { Value } from "../value.ts";

// Losses as operators, as exporters write them: scores [batch, classes, …] and labels
// [batch, …]. To build a step there are the functions of `losses.ts`.

type LossSite = GradientSite<typeof operators.NegativeLogLikelihoodLoss.attributes>;

interface Labels {
  /** 1 where the class is the label's, of the scores' shape. */
  readonly chosen: Value;
  /** What each label's loss counts in the answer, times the answer's slope: [batch, 1, …]. */
  readonly share: Value;
}

function labelsOf({ g, dy, inputs, attributes }: LossSite): Labels {
  const [scores, labels] = inputs;
  const { ignore_index: ignored, reduction } = attributes;
  const named = g.unsqueeze(g.cast(labels, "int64"), [1]);
  const chosen = g.cast(g.equal(named, classesOf(g, scores)), scores.dtype);
  const counts = countsOf(g, named, { weights: given(inputs, 2), ignored, like: scores });
  if (reduction === "none") return { chosen, share: g.mul(g.unsqueeze(dy, [1]), counts) };
  if (reduction === "sum") return { chosen, share: g.mul(dy, counts) };
  return { chosen, share: g.mul(g.div(dy, g.reduceSum(counts)), counts) };
}

/** 0, 1, 2, … along the axis of classes. */
function classesOf(g: Graph, scores: Value): Value {
  const [zero, one] = [g.constant(0, "int64"), g.constant(1, "int64")];
  const count = g.gather(g.shapeOf(scores), one);
  const classes = g.emit(operators.Range, [zero, count, one]);
  const after = scores.shape.slice(2).map((_, i) => i + 1);
  return after.length === 0 ? classes : g.unsqueeze(classes, after);
}

interface Counting {
  readonly weights: Value | undefined;
  readonly ignored: number | null;
  readonly like: Value;
}

/** The weight of each label's class; 0 for those that are to be ignored. */
function countsOf(g: Graph, labels: Value, { weights, ignored, like }: Counting): Value {
  const isIgnored = ignored === null ? null : g.equal(labels, ignored);
  const present = isIgnored === null ? labels : g.where(isIgnored, 0, labels);
  const all =
    weights === undefined
      ? g.expandLike(g.constant(1, like.dtype), labels)
      : g.gather(weights, present);
  return isIgnored === null ? all : g.where(isIgnored, 0, all);
}

const REDUCTIONS = ["mean", "sum", "none"] as const;
const LABELS = { shape: ["N"], dtype: "int64", below: 4 } as const;
const WEIGHTS = { floats: [0.5, 1, 2, 0.7], shape: [4] };

type LossAttributes = typeof operators.NegativeLogLikelihoodLoss.attributes;

const lossCases: Cases<LossAttributes> = [
  { inputs: [["N", 4, 2], { shape: ["N", 2], dtype: "int64", below: 4 }] },
  ...REDUCTIONS.map((reduction) => ({
    inputs: [["N", 4], LABELS, WEIGHTS],
    attributes: { reduction, ignore_index: 2 },
  })),
];

export const NegativeLogLikelihoodLoss = defineOp(operators.NegativeLogLikelihoodLoss, {
  grad: (site) => [
    () => {
      const { chosen, share } = labelsOf(site);
      return site.g.neg(site.g.mul(chosen, share));
    },
  ],
  cases: lossCases,
  check: "float32",
});

export const SoftmaxCrossEntropyLoss = defineOp(operators.SoftmaxCrossEntropyLoss, {
  grad: (site) => [
    () => {
      const { g, inputs, slopes } = site;
      const { chosen, share } = labelsOf(site);
      const probabilities = g.softmax(inputs[0], 1);
      const ofLoss = g.mul(g.sub(probabilities, chosen), share);
      const ofLogarithms = slopes[1];
      if (!ofLogarithms) return ofLoss;
      const total = g.reduceSum(ofLogarithms, { axes: [1], keepDims: true });
      return g.add(ofLoss, g.sub(ofLogarithms, g.mul(probabilities, total)));
    },
  ],
  cases: lossCases,
  check: "float32",
});

/** None: steps are built with the functions of `losses.ts`. */
export const builders = (): Record<never, never> => ({});
