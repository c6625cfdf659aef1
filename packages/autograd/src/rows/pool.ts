import { dimAt, sizeAt, sizeOf } from "@groundswell/onnx";
import type { Window } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { byEntry, unfolding } from "./pixels.ts";
import { gathered, gatheredBack } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** True where the rows are ordered for a pool by these windows: it is a reduction then. */
export const isOrderedFor = ({ window }: Rows, windows: readonly Window[]): boolean =>
  window !== null && window.every((size, axis) => size === windows[axis]?.kernel);

/** [N, windows' entries, cells · channels], whose middle axis the pool reduces. */
function byWindow(g: Graph, value: Value, entries: number): Value {
  const [batch, rows, channels] = [dimAt(value.shape, 0), ...value.shape.slice(1).map(Number)];
  return g.reshape(value, [batch, entries, ((rows ?? 1) / entries) * (channels ?? 1)]);
}

function cells(g: Graph, reduced: Value, like: Value, sizes: readonly number[]): Rows {
  const shape = [dimAt(like.shape, 0), sizeOf(sizes), sizeAt(like.shape, 2)];
  return { sizes, window: null, value: g.reshape(reduced, shape) };
}

const entriesOf = (windows: readonly Window[]): number =>
  sizeOf(windows.map(({ kernel }) => kernel));

/** The greatest of each window. `sizes` are those of the result. */
export function maxPooled(
  g: Graph,
  x: Rows,
  windows: readonly Window[],
  sizes: readonly number[],
): Rows {
  const entries = entriesOf(windows);
  const table = byEntry(unfolding(x, { sizes, window: null }, windows));
  const ordered = isOrderedFor(x, windows);
  const under = ordered ? x.value : gathered(g, x.value, table, Number.NEGATIVE_INFINITY);
  const parted = byWindow(g, under, entries);
  const greatest = g.reduceMax(parted, { axes: [1], keepDims: true });
  const pooled = cells(g, greatest, x.value, sizes);
  g.region(pooled.value, [x.value], ({ dy }) => [
    () => {
      const winner = g.argMax(parted, 1, { keepDims: true });
      const places = Array.from({ length: entries }, (_, i) => i);
      const isWinner = g.equal(winner, g.constant(places, "int64", [1, entries, 1]));
      const slope = g.mul(g.cast(isWinner, dy.dtype), g.reshapeLike(dy, greatest));
      const rows = g.reshape(slope, [
        dimAt(x.value.shape, 0),
        sizeAt(under.shape, 1),
        sizeAt(under.shape, 2),
      ]);
      return ordered ? rows : gatheredBack(g, rows, table, sizeOf(x.sizes));
    },
  ]);
  return pooled;
}

/** The means of windows that the rows are ordered for. */
export function averagePooled(
  g: Graph,
  x: Rows,
  windows: readonly Window[],
  sizes: readonly number[],
): Rows {
  const parted = byWindow(g, x.value, entriesOf(windows));
  return cells(g, g.reduceMean(parted, { axes: [1], keepDims: true }), x.value, sizes);
}
