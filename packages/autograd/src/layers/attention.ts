import { dimAt, operators, sizeAt } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { ParameterSpec } from "../step-graph.ts";
import type { Value } from "../value.ts";
import { dense, denseParameters, type NamedValues } from "./dense.ts";
import { byText } from "./words.ts";

export interface AttentionOptions {
  /** What its parameters' names begin with. */
  readonly name: string;
  readonly heads: number;
  /** int64 [2]: batch and length, as `g.shapeOf(ids)` answers them for ids [batch, length]. */
  readonly sizes: Value;
  /** Added to the scores [batch, heads, length, length], broadcast. */
  readonly mask: Value | null;
  /** In place of `dense`: adapters, say. */
  readonly project?: typeof dense;
}

/** `<name>.q`, `.k`, `.v` and `.o`, dense layers from width to width. */
export const attentionParameters = (name: string, width: number): ParameterSpec[] =>
  ["q", "k", "v", "o"].flatMap((part) => denseParameters(`${name}.${part}`, width, width));

/**
 * Multi-head self-attention (Vaswani et al., "Attention is all you need", 2017, §3.2) of
 * x [batch · length, width], in the same shape. The width is a multiple of the heads.
 */
export function selfAttention(
  g: Graph,
  p: NamedValues,
  x: Value,
  { name, heads, sizes, mask, project = dense }: AttentionOptions,
): Value {
  const width = sizeAt(x.shape, 1);
  const each = width / heads;
  if (!Number.isInteger(each)) throw new GraphError(`${heads} heads of a width of ${width}`);
  const head = (part: string, order: readonly number[]): Value => {
    const y = project(g, p, x, `${name}.${part}`);
    return g.transpose(byText(g, y, sizes, [heads, each]), order);
  };
  const q = head("q", [0, 2, 1, 3]);
  const k = head("k", [0, 2, 3, 1]);
  const v = head("v", [0, 2, 1, 3]);
  const scaled = g.mul(g.matmul(q, k), 1 / Math.sqrt(each));
  const scores = mask === null ? scaled : g.add(scaled, mask);
  const mixed = g.transpose(g.matmul(g.softmax(scores), v), [0, 2, 1, 3]);
  return dense(g, p, g.reshape(mixed, [dimAt(x.shape, 0), width]), `${name}.o`);
}

/** Low enough to vanish in a softmax, and finite where a whole row is masked. */
const UNSEEN = -10_000;

/** Mask [batch, 1, 1, length] that lets all see what `inside` [batch, length] says: 1 or 0. */
export const paddingMask = (g: Graph, inside: Value): Value =>
  g.unsqueeze(g.mul(g.sub(1, inside), UNSEEN), [1, 2]);

/**
 * Mask [length, length] that lets each place see itself and what is before it; `sizes` as in
 * `AttentionOptions`.
 */
export function causalMask(g: Graph, sizes: Value): Value {
  const [zero, one] = [g.constant(0, "int64"), g.constant(1, "int64")];
  const places = g.emit(operators.Range, [zero, g.gather(sizes, one), one]);
  const later = g.greater(places, g.unsqueeze(places, [1]));
  return g.mul(g.cast(later, "float32"), UNSEEN);
}
