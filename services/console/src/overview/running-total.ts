/** Something that grows with time and can be added up: a number, counts by name, a curve. */
export interface RunningTotalOptions<Total, More, Source> {
  /** All there is through an instant: asked once. */
  first: (source: Source, through: Date) => Promise<Total>;
  /** What there is after one instant, through another one, or as far as there is anything. */
  read: (source: Source, after: Date, through: Date | null) => Promise<More>;
  plus: (total: Total, more: More) => Total;
  /**
   * What is older than this is read once. It has to be longer than anything takes from its instant to its
   * commit.
   */
  settledAfterMs: number;
  /** After this long the settled is read again, as far back as … */
  recountAfterMs: number;
  /** … anything comes in late for its instant. What is older is counted for good. */
  latestMs: number;
}

interface Counted<Total> {
  total: Total;
  through: Date;
}

interface Counts<Total> {
  /** Nothing comes in for its time any more. */
  old: Counted<Total>;
  settled: Counted<Total>;
  recountedAt: number;
}

/** A total that is true at each call and reads little more than what is new, however much there was. */
export function createRunningTotal<Total, More, Source>(
  options: RunningTotalOptions<Total, More, Source>,
): (source: Source, now: Date) => Promise<Total> {
  const { first, read, plus, settledAfterMs, recountAfterMs, latestMs } = options;
  let counts: Counts<Total> | undefined;

  const upTo = async (source: Source, from: Counted<Total>, through: Date) => {
    if (through <= from.through) return from;
    const more = await read(source, from.through, through);
    return { total: plus(from.total, more), through };
  };
  const count = async (source: Source, now: number): Promise<Counts<Total>> => {
    const latest = new Date(now - latestMs);
    const through = new Date(now - settledAfterMs);
    if (counts && now - counts.recountedAt <= recountAfterMs)
      return { ...counts, settled: await upTo(source, counts.settled, through) };
    const old = counts
      ? await upTo(source, counts.old, latest)
      : { total: await first(source, latest), through: latest };
    return { old, settled: await upTo(source, old, through), recountedAt: now };
  };

  return async (source, now) => {
    counts = await count(source, now.getTime());
    const { total, through } = counts.settled;
    return plus(total, await read(source, through, null));
  };
}
