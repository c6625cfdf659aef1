import { dimAt, showShape } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { requireSameShape } from "./same-shape.ts";

/**
 * Bayesian personalised ranking (Rendle et al. 2009): −ln σ(chosen − passed over), the mean.
 * Scores of what was chosen and of what wasn't, of one shape.
 */
export function bpr(g: Graph, chosen: Value, passedOver: Value): Value {
  requireSameShape(chosen, passedOver);
  return g.reduceMean(g.softplus(g.sub(passedOver, chosen)));
}

/**
 * Softmax over the true item and a sample of others, the mean over rows. `positive` [N],
 * `negatives` [N, S] are scores. `negativeLogQ` [N, S] or [S], the log-probability with which each
 * negative was drawn times S, takes out the bias of drawing popular ones more often
 * (Bengio, Senécal 2003); `positiveLogQ` [N] is the same for the true item.
 */
export function sampledSoftmax(
  g: Graph,
  positive: Value,
  negatives: Value,
  corrections: { readonly positiveLogQ?: Value; readonly negativeLogQ?: Value } = {},
): Value {
  const { positiveLogQ, negativeLogQ } = corrections;
  const own = positiveLogQ === undefined ? positive : g.sub(positive, positiveLogQ);
  const others = negativeLogQ === undefined ? negatives : g.sub(negatives, negativeLogQ);
  const all = g.concat([g.unsqueeze(own, [1]), others], 1);
  return g.reduceMean(g.sub(g.logSumExp(all, { axes: [1] }), own));
}

/**
 * Every two items of a list in their right order (RankNet, Burges et al. 2005): the mean of
 * ln(1 + e^(sⱼ − sᵢ)) over all pairs with relevance i above j. `scores` and `relevance` are
 * [N, items].
 */
export function pairwiseLogistic(g: Graph, scores: Value, relevance: Value): Value {
  requireSameShape(scores, relevance);
  const differences = (x: Value): Value => g.sub(g.unsqueeze(x, [2]), g.unsqueeze(x, [1]));
  const above = g.cast(g.greater(differences(relevance), 0), scores.dtype);
  const lost = g.mul(g.softplus(g.neg(differences(scores))), above);
  return g.div(g.reduceSum(lost), g.max(g.reduceSum(above), 1));
}

/**
 * Cross-entropy between the softmax of relevance and that of scores (ListNet with top one, Cao
 * et al. 2007), the mean over lists. `scores` and `relevance` are [N, items]; where `present`
 * [N, items] is 0 there is no item.
 */
export function listNet(g: Graph, scores: Value, relevance: Value, present?: Value): Value {
  requireSameShape(scores, relevance);
  const outside = present === undefined ? null : g.mul(g.sub(1, present), -1e9);
  const among = (x: Value): Value => (outside === null ? x : g.add(x, outside));
  const wanted = g.softmax(among(relevance));
  const said = g.logSoftmax(among(scores));
  return g.neg(g.reduceMean(g.reduceSum(g.mul(wanted, said), { axes: [1] })));
}

export interface ContrastiveOptions {
  /** Default 0.07. */
  readonly temperature?: number;
  /** Also the other way round, item to user. Default false. */
  readonly symmetric?: boolean;
}

/**
 * Each row against the others of the batch (van den Oord et al. 2018; CLIP has the symmetric
 * form): cross-entropy over a·bᵀ / temperature, the mean. `a` and `b` are [N, width], usually of
 * length one; row i of one belongs to row i of the other.
 */
export function contrastive(
  g: Graph,
  a: Value,
  b: Value,
  { temperature = 0.07, symmetric = false }: ContrastiveOptions = {},
): Value {
  if (a.shape.length !== 2 || dimAt(a.shape, 1) !== dimAt(b.shape, 1)) {
    throw new GraphError(`Rows ${showShape(a.shape)} and ${showShape(b.shape)} can't be compared`);
  }
  const scores = g.gemm(a, b, null, { transB: true, alpha: 1 / temperature });
  const own = g.mul(g.reduceSum(g.mul(a, b), { axes: [1] }), 1 / temperature);
  const against = (axis: number): Value =>
    g.reduceMean(g.sub(g.logSumExp(scores, { axes: [axis] }), own));
  return symmetric ? g.mul(g.add(against(1), against(0)), 0.5) : against(1);
}
