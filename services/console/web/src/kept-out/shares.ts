import type { KeptOutReason, Overview } from "@groundswell/contracts";

export interface KeptOutBar {
  reason: string;
  count: number;
  /** Of all that was received, from 0 to 1. */
  share: number;
  /** Of the longest bar, from 0 to 1. */
  length: number;
}

type Counts = Pick<Overview, "kept_out" | "feedback_total">;

/** Counted beside `feedback_total`: what was sent twice or not understood gives no value to judge. */
const ON_TOP: ReadonlySet<string> = new Set<KeptOutReason>(["duplicate", "malformed"]);

const sum = (rows: Overview["kept_out"]) => rows.reduce((total, row) => total + row.count, 0);

/** Everything that was sent as feedback, the repeated and the malformed included. */
export const received = ({ kept_out, feedback_total }: Counts): number =>
  feedback_total + sum(kept_out.filter(({ reason }) => ON_TOP.has(reason)));

/** How many were kept out, for whatever reason. */
export const keptOutTotal = ({ kept_out }: Pick<Counts, "kept_out">): number => sum(kept_out);

/** How many may teach. */
export const mayTeach = (counts: Counts): number =>
  Math.max(0, received(counts) - keptOutTotal(counts));

/** The reasons that occurred, most frequent first. */
export function keptOutBars(counts: Counts): KeptOutBar[] {
  const occurred = counts.kept_out.filter((row) => row.count > 0);
  const most = Math.max(...occurred.map((row) => row.count));
  const all = received(counts);
  return occurred
    .map(({ reason, count }) => ({
      reason,
      count,
      share: count / Math.max(all, count),
      length: count / most,
    }))
    .toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}
