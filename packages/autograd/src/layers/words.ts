import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

// The words of a batch of texts are rows: row b·length + i of a [batch · length, width] matrix
// is word i of text b. Products of rows are single Gemms; only attention tells texts apart.

/** Rows [batch · length, width] of a table [words, width] for ids [batch, length]. */
export const embedded = (g: Graph, table: Value, ids: Value): Value =>
  g.flatten2(g.gather(table, ids));

/**
 * x [batch · length, width] as [batch, length, ...rest]; `sizes` is int64 [2] with batch and
 * length, as `g.shapeOf(ids)` answers them for ids [batch, length].
 */
export const byText = (g: Graph, x: Value, sizes: Value, rest: readonly number[]): Value =>
  g.emit(operators.Reshape, [x, g.concat([sizes, g.constant(rest, "int64")], 0)]);

/**
 * Mean [batch, width] of the words of each text. `inside` [batch, length] has 1 for those that
 * count and 0 for the others.
 */
export function meanOfWords(g: Graph, x: Value, inside: Value): Value {
  const texts = byText(g, x, g.shapeOf(inside), x.shape.slice(1).map(Number));
  const weights = g.unsqueeze(inside, [2]);
  const sum = g.reduceSum(g.mul(texts, weights), { axes: [1] });
  return g.div(sum, g.reduceSum(weights, { axes: [1] }));
}
