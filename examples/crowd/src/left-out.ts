import { count } from "./count.ts";

/** What a file or a folder has that the story can't use. */
export interface LeftOut {
  /** Such as `line 7`. */
  where: string;
  /** Such as `no label`. */
  why: string;
}

const TOLD_ONE_BY_ONE = 5;

/**
 * Which were left out, and why: the first by name, then all by their reasons.
 *
 * @param from such as `300 rows of m.csv`
 */
export function tellLeftOut(leftOut: readonly LeftOut[], from: string): string[] {
  if (leftOut.length === 0) return [];
  const told = leftOut.slice(0, TOLD_ONE_BY_ONE).map(({ where, why }) => `  ${where}: ${why}`);
  const reasons = new Map<string, number>();
  for (const { why } of leftOut) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  const totals = [...reasons].toSorted(([, a], [, b]) => b - a);
  const all = totals.map(([why, n]) => `${count(n)} with ${why}`).join(", ");
  const more = leftOut.length > TOLD_ONE_BY_ONE ? [`  in all ${all}`] : [];
  return [`left out ${count(leftOut.length)} of ${from}`, ...told, ...more];
}
