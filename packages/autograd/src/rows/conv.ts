import { sizeAt, sizeOf } from "@groundswell/onnx";
import type { Window } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { unfolding, unfoldingBack } from "./pixels.ts";
import type { Pixels } from "./pixels.ts";
import { gathered, gatheredBack, stacked, unstacked } from "./rows.ts";
import type { Rows } from "./rows.ts";

export interface RowConv {
  /** [outputs, channels, …kernel] */
  readonly w: Value;
  /** [outputs] */
  readonly bias: Value | null;
  readonly windows: readonly Window[];
  readonly to: Pixels;
}

/**
 * A convolution as one product of matrices: each output pixel's row of what lies under the
 * kernel [pixels, entries · channels], times the kernel [entries · channels, outputs]. The
 * slopes are products too.
 */
export function convolved(g: Graph, x: Rows, { w, bias, windows, to }: RowConv): Rows {
  const table = unfolding(x, to, windows);
  const under = stacked(g, gathered(g, x.value, table));
  const product = g.gemm(under, kernelRows(g, w, "channels"), bias);
  const value = unstacked(g, product, x.value, sizeOf(to.sizes));
  g.region(value, bias === null ? [x.value, w] : [x.value, w, bias], ({ dy }) => {
    const slopes = stacked(g, dy);
    return [
      () => inputSlope(g, dy, { x, w, windows, to }),
      () => {
        const slope = g.gemm(under, slopes, null, { transA: true });
        return kernelOf(g, slope, w);
      },
      () => g.reduceSum(slopes, { axes: [0] }),
    ];
  });
  return { ...to, value };
}

interface InputSlopeParts extends Omit<RowConv, "bias"> {
  readonly x: Rows;
}

function inputSlope(g: Graph, dy: Value, { x, w, windows, to }: InputSlopeParts): Value {
  const pixels = sizeOf(x.sizes);
  if (windows.every(({ stride }) => stride === 1)) {
    // Every input pixel lies under as many outputs as the kernel has entries: a convolution
    // of the slope with the kernel the other way round.
    const over = stacked(g, gathered(g, dy, unfoldingBack(x, to, windows)));
    return unstacked(g, g.gemm(over, kernelRows(g, w, "outputs")), dy, pixels);
  }
  const under = g.gemm(stacked(g, dy), kernelRows(g, w, "channels"), null, { transB: true });
  return gatheredBack(g, unstacked(g, under, dy), unfolding(x, to, windows), pixels);
}

/** [outputs, channels, …kernel] as [entries · channels, outputs] or [entries · outputs, channels]. */
function kernelRows(g: Graph, w: Value, fastest: "channels" | "outputs"): Value {
  const [outputs, channels] = [sizeAt(w.shape, 0), sizeAt(w.shape, 1)];
  const inside = w.shape.map((_, axis) => axis).slice(2);
  const last = fastest === "channels" ? [1, 0] : [0, 1];
  const turned = g.transpose(w, [...inside, ...last]);
  const width = fastest === "channels" ? outputs : channels;
  const sizes = w.shape.map((_, axis) => sizeAt(w.shape, axis));
  return g.reshape(turned, [sizeOf(sizes) / width, width]);
}

/** [entries · channels, outputs] as `w` is shaped. */
function kernelOf(g: Graph, rows: Value, w: Value): Value {
  const [outputs, channels, ...kernel] = w.shape;
  const turned = g.reshape(rows, [...kernel, channels ?? 1, outputs ?? 1]);
  const rank = w.shape.length;
  const inside = kernel.map((_, axis) => axis);
  return g.transpose(turned, [rank - 1, rank - 2, ...inside]);
}
