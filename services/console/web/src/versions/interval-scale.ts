import type { Proportion } from "@groundswell/contracts";

/** From a share (0 to 1) to a place on the axis (0 to 1). */
export interface IntervalScale {
  low: number;
  high: number;
  place: (share: number) => number;
}

/** One axis for all the intervals, so that they compare: the widest reach, with a little room. */
export function intervalScale(accuracies: readonly (Proportion | null)[]): IntervalScale {
  const known = accuracies.filter((accuracy) => accuracy !== null);
  const least = known.length === 0 ? 0 : Math.min(...known.map(({ low }) => low));
  const most = known.length === 0 ? 1 : Math.max(...known.map(({ high }) => high));
  const room = Math.max(0.005, (most - least) * 0.08);
  const low = Math.max(0, least - room);
  const high = Math.min(1, most + room);
  return {
    low,
    high,
    place: (share) => Math.min(1, Math.max(0, (share - low) / (high - low || 1))),
  };
}
