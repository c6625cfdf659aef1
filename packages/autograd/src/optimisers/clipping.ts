import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

/** What becomes of a step's gradients before the optimiser sees them. */
export type GradientTransform = (g: Graph, gradients: readonly Value[]) => readonly Value[];

/**
 * All gradients scaled down together where their common length is above `most`, as
 * torch.nn.utils.clip_grad_norm_ does it (Pascanu, Mikolov, Bengio 2013).
 */
export const clipByNorm =
  (most: number): GradientTransform =>
  (g, gradients) => {
    const scale = clipScale(g, gradients, most);
    return gradients.map((gradient) => g.mul(gradient, scale));
  };

/** The factor, at most 1, that brings the common length of `gradients` down to `most`. */
export function clipScale(g: Graph, gradients: readonly Value[], most: number): Value {
  const squares = gradients.map((gradient) => g.reduceSum(g.square(gradient)));
  const total = squares.reduce((sum, square) => g.add(sum, square));
  // The small number keeps a length of 0 from being divided by.
  return g.min(g.div(g.constant(most, total.dtype), g.add(g.sqrt(total), 1e-6)), 1);
}

/** Each entry of each gradient kept within [−most, most]. */
export const clipByValue =
  (most: number): GradientTransform =>
  (g, gradients) =>
    gradients.map((gradient) => g.clip(gradient, -most, most));
