import type { Graph } from "../graph.ts";
import type { ParameterSpec } from "../step-graph.ts";
import type { Value } from "../value.ts";
import { type AttentionOptions, attentionParameters, selfAttention } from "./attention.ts";
import { dense, denseParameters, type NamedValues, norm, normParameters } from "./dense.ts";

export interface TransformerLayerOptions extends AttentionOptions {
  /** Default "none", as BERT has it; GPT-2 has "tanh". */
  readonly gelu?: "none" | "tanh";
  /** What becomes of each part before it is added to what it was made from: dropout. */
  readonly drop?: (x: Value, place: string) => Value;
}

/** Attention, two normalisations, and a dense layer up to `inner` and down again. */
export const transformerLayerParameters = (
  name: string,
  width: number,
  inner: number,
): ParameterSpec[] => [
  ...attentionParameters(name, width),
  ...normParameters(`${name}.norm1`, width),
  ...denseParameters(`${name}.up`, width, inner),
  ...denseParameters(`${name}.down`, inner, width),
  ...normParameters(`${name}.norm2`, width),
];

function feedForward(g: Graph, p: NamedValues, x: Value, options: TransformerLayerOptions): Value {
  const { name, gelu = "none" } = options;
  return dense(g, p, g.gelu(dense(g, p, x, `${name}.up`), gelu), `${name}.down`);
}

const kept = (x: Value): Value => x;

/** x [batch · length, width], normalised after each part, as BERT has it. */
export function encoderLayer(
  g: Graph,
  p: NamedValues,
  x: Value,
  options: TransformerLayerOptions,
): Value {
  const { name, drop = kept } = options;
  const mixed = drop(selfAttention(g, p, x, options), `${name}.o`);
  const y = norm(g, p, g.add(mixed, x), `${name}.norm1`);
  const made = drop(feedForward(g, p, y, options), `${name}.down`);
  return norm(g, p, g.add(made, y), `${name}.norm2`);
}

/** x [batch · length, width], normalised before each part, as GPT-2 has it. */
export function decoderLayer(
  g: Graph,
  p: NamedValues,
  x: Value,
  options: TransformerLayerOptions,
): Value {
  const { name, drop = kept } = options;
  const mixed = selfAttention(g, p, norm(g, p, x, `${name}.norm1`), options);
  const y = g.add(x, drop(mixed, `${name}.o`));
  const made = feedForward(g, p, norm(g, p, y, `${name}.norm2`), options);
  return g.add(y, drop(made, `${name}.down`));
}
