/** Something that grows with time and can be added up: a number, counts by name, a string. */
export interface RunningTotalOptions<T, Source> {
  /** What there is after one instant, through another one, or as far as there is anything. */
  read: (source: Source, after: Date, through: Date | null) => Promise<T>;
  plus: (a: T, b: T) => T;
  /**
   * What is older than this is read once. It has to be longer than anything takes from its instant to its
   * commit.
   */
  settledAfterMs: number;
  /** After this long all is read again: what came in late for its instant is counted by then. */
  recountAfterMs: number;
}

interface Settled<T> {
  total: T;
  through: Date;
  countedAt: number;
}

const BEGINNING = new Date(0);

/** A total that is true at each call and reads little more than what is new. */
export function createRunningTotal<T, Source>(
  options: RunningTotalOptions<T, Source>,
): (source: Source, now: Date) => Promise<T> {
  const { read, plus, settledAfterMs, recountAfterMs } = options;
  let settled: Settled<T> | undefined;
  return async (source, now) => {
    const through = new Date(now.getTime() - settledAfterMs);
    if (settled && now.getTime() - settled.countedAt > recountAfterMs) settled = undefined;
    if (!settled) {
      settled = {
        total: await read(source, BEGINNING, through),
        through,
        countedAt: now.getTime(),
      };
    } else if (through > settled.through) {
      const more = await read(source, settled.through, through);
      settled = { ...settled, total: plus(settled.total, more), through };
    }
    return plus(settled.total, await read(source, settled.through, null));
  };
}
