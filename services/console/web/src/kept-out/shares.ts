import type { Overview } from "@groundswell/contracts";

export interface KeptOutBar {
  reason: string;
  count: number;
  /** Of all feedback judged, from 0 to 1. */
  share: number;
  /** Of the longest bar, from 0 to 1. */
  length: number;
}

/** The reasons that occurred, most frequent first. */
export function keptOutBars({
  kept_out,
  feedback_total,
}: Pick<Overview, "kept_out" | "feedback_total">): KeptOutBar[] {
  const occurred = kept_out.filter((row) => row.count > 0);
  const most = Math.max(...occurred.map((row) => row.count));
  return occurred
    .map(({ reason, count }) => ({
      reason,
      count,
      share: count / Math.max(feedback_total, count),
      length: count / most,
    }))
    .toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason));
}

/** How many were kept out, for whatever reason. */
export const keptOutTotal = ({ kept_out }: Pick<Overview, "kept_out">): number =>
  kept_out.reduce((sum, row) => sum + row.count, 0);
