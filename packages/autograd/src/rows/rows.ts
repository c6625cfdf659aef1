import { dimAt, operators, product, sizeAt, sizeOf } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { inverse, isIdentity, reordering } from "./pixels.ts";
import type { Pixels, RowTable } from "./pixels.ts";

/** Pictures with channels last: `value` [N, pixels, channels], one row for each pixel. */
export interface Rows extends Pixels {
  readonly value: Value;
}

const channelsOf = (value: Value): number => sizeAt(value.shape, 2);
const countOf = (value: Value): number => sizeAt(value.shape, 1);

/** [N, rows, channels] to [N · rows, channels] */
export const stacked = (g: Graph, value: Value): Value =>
  g.reshape(value, [product(value.shape.slice(0, 2)), channelsOf(value)]);

/** [N · rows, channels] to [N, rows, channels], with N and rows those of `like`. */
export const unstacked = (g: Graph, value: Value, like: Value, rows = countOf(like)): Value =>
  g.reshape(value, [dimAt(like.shape, 0), rows, sizeAt(value.shape, 1)]);

/**
 * Rows by the table: [N, rows, channels] to [N, index.length / width, width · channels]. The row
 * beyond holds `beyond` everywhere.
 */
export function gathered(g: Graph, value: Value, table: RowTable, beyond = 0): Value {
  const { index, width } = table;
  const rows = isIdentity(table, countOf(value))
    ? value
    : g.gather(
        table.beyond ? withRowBeyond(g, value, beyond) : value,
        g.constant(index, "int64"),
        1,
      );
  return g.reshape(rows, [dimAt(value.shape, 0), index.length / width, width * channelsOf(value)]);
}

function withRowBeyond(g: Graph, value: Value, content: number): Value {
  const pads = g.constant([0, 0, 0, 0, 1, 0], "int64");
  return g.emit(operators.Pad, [value, pads, g.constant(content, value.dtype)]);
}

/** The slope of `gathered`: every row gets the sum of what arrives where it went. */
export function gatheredBack(g: Graph, slope: Value, table: RowTable, rows: number): Value {
  const { width, index } = table;
  const channels = channelsOf(slope) / width;
  const batch = dimAt(slope.shape, 0);
  const entries = g.reshape(slope, [batch, index.length, channels]);
  const back = inverse(table, rows);
  const arriving = gathered(g, entries, back);
  if (back.width === 1) return arriving;
  return g.reduceSum(g.reshape(arriving, [batch, rows, back.width, channels]), { axes: [2] });
}

/** Rows in another order of the same pixels. */
function reordered(g: Graph, rows: Rows, window: Pixels["window"]): Rows {
  const to = { sizes: rows.sizes, window };
  const table = reordering(rows, to);
  const value = gathered(g, rows.value, table);
  if (value !== rows.value) {
    g.region(value, [rows.value], ({ dy }) => [
      () => gatheredBack(g, dy, table, sizeOf(rows.sizes)),
    ]);
  }
  return { ...to, value };
}

/** x [N, channels, …sizes] */
export function rowsOf(g: Graph, x: Value): Rows {
  const sizes = x.shape.slice(2).map((_, axis) => sizeAt(x.shape, axis + 2));
  const [batch, channels] = [dimAt(x.shape, 0), sizeAt(x.shape, 1)];
  const pixels = sizeOf(sizes);
  if (channels === 1 || pixels === 1) {
    return { sizes, window: null, value: g.reshape(x, [batch, pixels, channels]) };
  }
  const planes = g.reshape(x, [batch, channels, pixels]);
  return { sizes, window: null, value: g.transpose(planes, [0, 2, 1]) };
}

/** Back to [N, channels, …sizes]. */
export function planesOf(g: Graph, rows: Rows): Value {
  const { value, sizes } = reordered(g, rows, null);
  const [batch, channels] = [dimAt(value.shape, 0), channelsOf(value)];
  const alone = channels === 1 || countOf(value) === 1;
  const planes = alone ? value : g.transpose(value, [0, 2, 1]);
  return g.reshape(planes, [batch, channels, ...sizes]);
}
