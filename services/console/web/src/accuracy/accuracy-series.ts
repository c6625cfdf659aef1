import type { Overview, Proportion } from "@groundswell/contracts";

/** Columns for the chart: predictions scored, lower bound, upper bound, share (in per cent). */
export type AccuracySeries = [n: number[], low: number[], high: number[], value: number[]];

export function accuracySeries(curve: Overview["progressive_curve"]): AccuracySeries {
  const column = (read: (accuracy: Proportion) => number) =>
    curve.map(({ accuracy }) => read(accuracy) * 100);
  return [
    curve.map(({ n }) => n),
    column(({ low }) => low),
    column(({ high }) => high),
    column(({ value }) => value),
  ];
}

/** Lines for the table: at most `most`, evenly spread, the last one always among them. */
export function spread<Row>(rows: readonly Row[], most: number): Row[] {
  if (rows.length <= most) return [...rows];
  const step = (rows.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => rows[Math.round(i * step)]).filter(
    (row) => row !== undefined,
  );
}
