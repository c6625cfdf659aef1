import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { requireSameShape } from "./same-shape.ts";

/** Log-probabilities [N] of the answers that were preferred, and of those that weren't. */
export interface Preferences {
  readonly chosen: Value;
  readonly rejected: Value;
}

/**
 * Direct preference optimisation (Rafailov et al. 2023): −ln σ(β · ((chosen − rejected) −
 * (the same of the reference))), the mean. The reference gets no slope.
 */
export function dpo(g: Graph, policy: Preferences, reference: Preferences, beta = 0.1): Value {
  requireSameShape(policy.chosen, policy.rejected);
  const margin = g.sub(policy.chosen, policy.rejected);
  const before = g.detach(g.sub(reference.chosen, reference.rejected));
  return g.reduceMean(g.softplus(g.mul(g.sub(margin, before), -beta)));
}

export interface PolicyGradientOptions {
  /** What makes trying things out worth something. Default 0. */
  readonly entropyBonus?: number;
}

/**
 * REINFORCE with a baseline (Williams 1992): −Σ (reward − baseline) · ln π(action), the mean
 * over rows. `logits` [N, actions], `taken` [N, actions] one-hot, `reward` and `baseline` [N]. The
 * baseline gets no slope from here; train it by `meanSquared` against the reward.
 */
export function policyGradient(
  g: Graph,
  { logits, taken, reward, baseline }: PolicySample,
  { entropyBonus = 0 }: PolicyGradientOptions = {},
): Value {
  requireSameShape(logits, taken);
  const logs = g.logSoftmax(logits);
  const advantage = g.detach(g.sub(reward, baseline));
  const each = g.mul(g.reduceSum(g.mul(logs, taken), { axes: [1] }), advantage);
  const lost = g.neg(g.reduceMean(each));
  if (entropyBonus === 0) return lost;
  const entropy = g.neg(g.reduceSum(g.mul(g.exp(logs), logs), { axes: [1] }));
  return g.sub(lost, g.mul(g.reduceMean(entropy), entropyBonus));
}

export interface PolicySample {
  readonly logits: Value;
  readonly taken: Value;
  readonly reward: Value;
  readonly baseline: Value;
}

export interface QLearningSample {
  /** Values of all actions [N, actions], by the network that learns. */
  readonly q: Value;
  /** One-hot [N, actions]. */
  readonly taken: Value;
  /** [N] */
  readonly reward: Value;
  /** [N], 0 where the episode ended. */
  readonly goesOn: Value;
  /** Values of the next state [N, actions], by the target network. */
  readonly nextTarget: Value;
  /**
   * The same by the network that learns: it then chooses the action that the target network
   * judges (double Q-learning, van Hasselt et al. 2016).
   */
  readonly nextOnline?: Value;
}

/**
 * Huber error of q(action) against reward + discount · value of the next state, the mean
 * (Mnih et al. 2015). Nothing of the next state gets a slope.
 */
export function qLearning(g: Graph, sample: QLearningSample, discount = 0.99): Value {
  const { q, taken, reward, goesOn, nextTarget, nextOnline } = sample;
  requireSameShape(q, taken);
  const next = g.detach(nextTarget);
  const chooser = g.detach(nextOnline ?? nextTarget);
  const best = g.reduceMax(chooser, { axes: [1], keepDims: true });
  const isBest = g.cast(g.equal(chooser, best), q.dtype);
  const ties = g.reduceSum(isBest, { axes: [1] });
  const value = g.div(g.reduceSum(g.mul(next, isBest), { axes: [1] }), ties);
  const wanted = g.add(g.detach(reward), g.mul(g.mul(value, goesOn), discount));
  const distance = g.abs(g.sub(g.reduceSum(g.mul(q, taken), { axes: [1] }), wanted));
  const near = g.min(distance, 1);
  return g.reduceMean(g.add(g.mul(g.square(near), 0.5), g.sub(distance, near)));
}
