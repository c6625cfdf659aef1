const LONGEST_MS = 10_000;

/** How long to wait before the next try: doubles with each failure in a row, to ten seconds at most. */
export const waitBefore = (failures: number, everyMs: number): number =>
  failures === 0 ? everyMs : Math.max(everyMs, Math.min(LONGEST_MS, 500 * 2 ** failures));
