import { encodeModel } from "../encode.ts";
import type { Model } from "../model.ts";
import { openSession } from "../session.ts";
import type { Tensor } from "../tensor.ts";

/** What a model is fed once. */
export type Feeds = Readonly<Record<string, Tensor>>;

/** The least and the greatest value that is to be told apart. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export interface CalibrationOptions {
  /**
   * Which share of the values, in percent, lies inside of the range; what is outside becomes
   * the nearest bound. 100 takes the extremes as they are. Default 99.99.
   */
  readonly percentile?: number;
}

/** Values are told apart by the 2,048th part of the whole range when shares are counted. */
const BINS = 2048;

/**
 * Runs the model over batches and answers in which range the values named `taps` (float32)
 * lie. Runs twice, once for the extremes and once for the shares. Blocks the thread.
 * @throws SessionError
 */
export function calibrate(
  model: Model,
  batches: readonly Feeds[],
  taps: readonly string[],
  { percentile = 99.99 }: CalibrationOptions = {},
): ReadonlyMap<string, Range> {
  const watching = watch(model, batches, taps);
  const extremes = new Map<string, Range>();
  watching((name, values) => extremes.set(name, widened(extremes.get(name), values)));
  if (percentile >= 100) return extremes;

  const counts = new Map<string, Float64Array>();
  watching((name, values) => {
    const bins = counts.get(name) ?? new Float64Array(BINS);
    counts.set(name, bins);
    const range = extremes.get(name);
    if (range !== undefined) count(values, range, bins);
  });
  return new Map(
    [...extremes].map(([name, range]) => [
      name,
      central(range, counts.get(name) ?? new Float64Array(BINS), percentile / 100),
    ]),
  );
}

/** Calls `visit` with the values of each tap in each batch. */
function watch(
  model: Model,
  batches: readonly Feeds[],
  taps: readonly string[],
): (visit: (name: string, values: Float32Array) => void) => void {
  const fed = new Set(model.graph.inputs.map(({ name }) => name));
  const computed = taps.filter((name) => !fed.has(name));
  const outputs = computed.map((name) => ({ name, dtype: null, shape: null }));
  const bytes = encodeModel({ ...model, graph: { ...model.graph, outputs } });
  return (visit) => {
    const session = computed.length > 0 ? openSession(bytes) : undefined;
    try {
      for (const feeds of batches) {
        const values = { ...feeds, ...session?.run(feeds) };
        for (const name of taps) {
          const data = values[name]?.data;
          if (data instanceof Float32Array) visit(name, data);
        }
      }
    } finally {
      session?.close();
    }
  };
}

function widened(range: Range | undefined, values: Float32Array): Range {
  let { least, most } = range ?? { least: Infinity, most: -Infinity };
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

function count(values: Float32Array, { least, most }: Range, bins: Float64Array): void {
  const perBin = BINS / (most - least || 1);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.floor((value - least) * perBin)));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
}

/** The range without the outermost values, half of them at each end. */
function central({ least, most }: Range, bins: Float64Array, share: number): Range {
  const total = bins.reduce((sum, bin) => sum + bin, 0);
  const outside = (total * (1 - share)) / 2;
  const size = (most - least) / BINS;
  const cut = (counts: Float64Array): number => {
    let passed = 0;
    return counts.findIndex((bin) => (passed += bin) > outside);
  };
  const below = Math.max(0, cut(bins));
  const above = Math.max(0, cut(bins.toReversed()));
  return { least: least + below * size, most: most - above * size };
}
