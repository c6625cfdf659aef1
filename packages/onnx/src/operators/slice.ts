import { axisOf, ceilQuotient, dimAt, plus, type Shape } from "../dim.ts";
import type { Dim } from "../model.ts";
import { sliceRanges, type SliceRange } from "./axes.ts";
import { constantInts, defineOperator, given, type Content, type ShapeSite } from "./operator.ts";

/** A bound counted from the front and kept inside; undefined where nobody knows it. */
function bounded(
  bound: Dim,
  size: Dim,
  { low, high, lenient }: { low: number; high: Dim; lenient: boolean },
): Dim | undefined {
  if (typeof bound === "number" && typeof size === "number") {
    const fromFront = bound < 0 ? bound + size : bound;
    return Math.min(Math.max(fromFront, low), Number(high));
  }
  if (typeof bound === "string") {
    const behind = plus(size, bound, -1);
    if (typeof behind === "number" && behind >= 0) return bound;
    // Masks and tables of positions are cut to the length at hand, which they are made for.
    return lenient && !bound.startsWith("-") ? bound : undefined;
  }
  // Exporters write the largest int32 or int64 for "to the end".
  if (bound >= 2 ** 31 - 1) return high;
  if (bound <= -(2 ** 31 - 1)) return low;
  // A size that isn't known is taken to reach as far as the slice asks.
  return bound < 0 ? plus(size, bound) : bound;
}

type SliceSite = Pick<ShapeSite, "unknown" | "lenient">;

function slicedSize(size: Dim, range: SliceRange, { unknown, lenient = false }: SliceSite): Dim {
  const { start, end, step } = range;
  const last = plus(size, -1);
  const high = step > 0 ? size : last;
  const from = bounded(start, size, { low: 0, high, lenient });
  const to = bounded(end, size, { low: step > 0 ? 0 : -1, high, lenient });
  // Backwards it may well begin behind the end, wherever that is.
  const beyond = step < 0 && typeof size === "string" && from !== last;
  if (from === undefined || to === undefined || beyond) return unknown();
  const length = step > 0 ? plus(to, from, -1) : plus(from, to, -1);
  return typeof length === "number"
    ? Math.max(0, Math.ceil(length / Math.abs(step)))
    : ceilQuotient(length, Math.abs(step));
}

/** The entries of a vector that a range takes. */
function slicedContent(content: readonly Dim[], { start, end, step }: SliceRange): Content {
  if (typeof start !== "number" || typeof end !== "number") return null;
  const size = content.length;
  const place = (bound: number): number => (bound < 0 ? bound + size : bound);
  const taken: Dim[] = [];
  const limit = step > 0 ? Math.min(place(end), size) : Math.max(place(end), -1);
  const first = step > 0 ? Math.max(place(start), 0) : Math.min(place(start), size - 1);
  for (let at = first; step > 0 ? at < limit : at > limit; at += step) taken.push(content[at] ?? 0);
  return taken;
}

export const Slice = defineOperator({
  name: "Slice",
  shape: ([x], site) => {
    const { inputs, unknown } = site;
    const ranges = sliceRanges(inputs, x.length);
    if (ranges === undefined) {
      const axes = given(inputs, 3);
      if (axes?.content === null) return x.map(() => unknown());
      const named = axes === undefined ? x.map((_, axis) => axis) : constantInts(axes, "axes");
      const cut = new Set(named.map((axis) => axisOf(axis, x.length)));
      return x.map((dim, axis) => (cut.has(axis) ? unknown() : dim));
    }
    return ranges.reduce<Shape>(
      (shape, range) => shape.with(range.axis, slicedSize(dimAt(x, range.axis), range, site)),
      x,
    );
  },
  content: ({ inputs }) => {
    const [x] = inputs;
    const [range] = sliceRanges(inputs, 1) ?? [];
    return x.content === null || range === undefined ? null : slicedContent(x.content, range);
  },
});
