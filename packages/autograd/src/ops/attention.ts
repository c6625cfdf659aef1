import { given, operators, sizeAt } from "@groundswell/onnx";

import { UnwrittenRule } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp, type GradientSite } from "../op.ts";
import type { Value } from "../value.ts";

type AttentionSite = GradientSite<typeof operators.Attention.attributes>;

/** The node's inputs by heads [batch, heads, length, size], each key and value for its query. */
interface Heads {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  /** Slope of the answer. */
  readonly dy: Value;
  readonly scale: number;
  /** How many heads of queries share keys and values. */
  readonly sharing: number;
}

export const Attention = defineOp(operators.Attention, {
  grad(site) {
    refuseUnwritten(site);
    const { g, inputs, slopes } = site;
    const heads = headsOf(site);
    const { q, k, v, dy, scale } = heads;
    const [, ofKeys = null, ofValues = null, ofProducts = null] = slopes;
    const { weights, slope } = scoresOf(site, heads);
    // Of a softmax: each weight times what its slope has over the row's mean.
    const into = (): Value => {
      const weighted = g.mul(g.matmul(dy, flipped(g, v)), weights);
      const total = g.reduceSum(weighted, { axes: [3], keepDims: true });
      return g.sub(weighted, g.mul(weights, total));
    };
    const intoProducts = (): Value => g.mul(plus(g, slope(into()), ofProducts), scale);
    // The node also answers its keys and values as they are, and the products.
    const toKeys = (): Value => unshared(g, heads, g.matmul(flipped(g, intoProducts()), q));
    const toValues = (): Value => unshared(g, heads, g.matmul(flipped(g, weights), dy));
    return [
      () => asGiven(g, g.matmul(intoProducts(), k), inputs[0]),
      () => asGiven(g, plus(g, toKeys(), ofKeys), inputs[1]),
      () => asGiven(g, plus(g, toValues(), ofValues), inputs[2]),
      into,
    ];
  },
  cases: [
    attentionCase([["N", 2, 3, 4]]),
    attentionCase([
      ["N", 2, 3, 4],
      ["N", 2, 5, 4],
      ["N", 2, 5, 6],
    ]),
    attentionCase([["N", 2, "M", 4]], { is_causal: 1, scale: 0.7 }),
    {
      inputs: [...Array.from({ length: 3 }, () => ["N", 3, 8]), [3, 3]],
      attributes: { q_num_heads: 2, kv_num_heads: 2 },
    },
    // Four heads of queries, two of keys and values.
    {
      inputs: [
        ["N", 3, 8],
        ["N", 5, 4],
        ["N", 5, 6],
        ["N", 1, 3, 5],
      ],
      attributes: { q_num_heads: 4, kv_num_heads: 2, softcap: 1.5 },
    },
    {
      inputs: [["N", 2, 2, 4], ["N", 2, 6, 4], ["N", 2, 6, 4], { shape: [2, 6], dtype: "bool" }],
    },
  ],
  check: "float32",
});

/** Keys and values are as the queries where they aren't given. */
function attentionCase(
  shapes: readonly (readonly (string | number)[])[],
  attributes: { readonly is_causal?: number; readonly scale?: number } = {},
) {
  const [q = [], k = q, v = k] = shapes;
  return { inputs: [q, k, v], attributes };
}

const plus = (g: Graph, a: Value, b: Value | null): Value => (b === null ? a : g.add(a, b));

function refuseUnwritten({ inputs, slopes, attributes }: AttentionSite): void {
  if ([4, 5, 6].some((index) => given(inputs, index) !== undefined)) {
    throw new UnwrittenRule("no rule is written for past keys and values");
  }
  if (slopes[3] && attributes.qk_matmul_output_mode !== 0) {
    throw new UnwrittenRule("no rule is written for the scores it answers");
  }
}

function headsOf({ g, dy, inputs, attributes }: AttentionSite): Heads {
  const [q3, k3, v3] = inputs;
  const { q_num_heads, kv_num_heads } = attributes;
  const queries = q_num_heads ?? sizeAt(q3.shape, 1);
  const keys = kv_num_heads ?? sizeAt(k3.shape, 1);
  const sharing = queries / keys;
  const q = byHeads(g, q3, queries);
  const shared = (x: Value): Value => repeatedHeads(g, byHeads(g, x, keys), sharing);
  return {
    q,
    k: shared(k3),
    v: shared(v3),
    dy: byHeads(g, dy, queries),
    scale: attributes.scale ?? 1 / Math.sqrt(sizeAt(q.shape, 3)),
    sharing,
  };
}

/** [batch, length, heads · size] by heads; what has four axes is so already. */
function byHeads(g: Graph, x: Value, heads: number): Value {
  if (x.shape.length === 4) return x;
  const [batch = 1, length = 1] = x.shape;
  const parted = g.reshape(x, [batch, length, heads, sizeAt(x.shape, 2) / heads]);
  return g.transpose(parted, [0, 2, 1, 3]);
}

/** Back to the axes that the input has. */
const asGiven = (g: Graph, x: Value, input: Value): Value =>
  input.shape.length === 4 ? x : g.reshapeLike(g.transpose(x, [0, 2, 1, 3]), input);

/** Each head `times` times in a row. */
function repeatedHeads(g: Graph, x: Value, times: number): Value {
  if (times === 1) return x;
  const [batch = 1, heads, length = 1, size = 1] = x.shape;
  const beside = g.concat(
    Array.from({ length: times }, () => g.unsqueeze(x, [2])),
    2,
  );
  return g.reshape(beside, [batch, Number(heads) * times, length, size]);
}

/** Sums over the heads of queries that share a head of keys. */
function unshared(g: Graph, { k, sharing }: Heads, slope: Value): Value {
  if (sharing === 1) return slope;
  const [batch = 1, , length = 1, size = 1] = slope.shape;
  const parted = g.reshape(slope, [batch, sizeAt(k.shape, 1) / sharing, sharing, length, size]);
  return g.reduceSum(parted, { axes: [2] });
}

const flipped = (g: Graph, x: Value): Value => g.transpose(x, [0, 1, 3, 2]);

/** Vanishes in a softmax. */
const UNSEEN = -1e30;

interface Scores {
  /** [batch, heads, queries, keys], each row adding up to 1. */
  readonly weights: Value;
  /** Carries the slope of what goes into the softmax over to the scaled products. */
  readonly slope: (into: Value) => Value;
}

function scoresOf(site: AttentionSite, { q, k, scale }: Heads): Scores {
  const { g, inputs, attributes } = site;
  const { is_causal, softcap } = attributes;
  const products = g.mul(g.matmul(q, flipped(g, k)), scale);
  const bounded = softcap === 0 ? null : g.tanh(g.mul(products, 1 / softcap));
  let scores = bounded === null ? products : g.mul(bounded, softcap);
  const mask = given(inputs, 3);
  if (mask?.dtype === "bool") scores = g.where(mask, scores, UNSEEN);
  else if (mask !== undefined) scores = g.add(scores, mask);
  if (is_causal === 1) scores = g.where(isLater(g, scores), UNSEEN, scores);
  let weights = g.softmax(scores);
  if (mask?.dtype === "bool") {
    // A query that sees no key at all answers zeros, not the mean of what it doesn't see.
    weights = g.where(mask, weights, 0);
    if (is_causal === 1) weights = g.where(isLater(g, scores), 0, weights);
  }
  return {
    weights,
    slope: (into) => (bounded === null ? into : g.mul(into, g.sub(1, g.square(bounded)))),
  };
}

/** Which keys come after the query. */
function isLater(g: Graph, scores: Value): Value {
  const sizes = g.shapeOf(scores);
  const [zero, one] = [g.constant(0, "int64"), g.constant(1, "int64")];
  const places = (axis: number): Value =>
    g.emit(operators.Range, [zero, g.gather(sizes, g.constant(axis, "int64")), one]);
  return g.greater(places(3), g.unsqueeze(places(2), [1]));
}

export interface AttentionBuilders {
  /**
   * Scaled dot-product attention of q [batch, heads, queries, size], k [batch, heads, keys,
   * size] and v [batch, heads, keys, values] as one operator; `mask` is added to the scores.
   */
  attention(q: Value, k: Value, v: Value, options?: AttentionOptions): Value;
}

export interface AttentionOptions {
  readonly mask?: Value;
  /** Each query sees only the keys up to its own place. Default false. */
  readonly causal?: boolean;
}

export function builders(g: Graph): AttentionBuilders {
  return {
    attention: (q, k, v, { mask, causal = false } = {}) =>
      g.emit(Attention, mask === undefined ? [q, k, v] : [q, k, v, mask], {
        is_causal: causal ? 1 : 0,
      }),
  };
}
