/** The newest, whatever their distance: one that was written badly has another beside it. */
const ALWAYS = 3;

/**
 * Which checkpoints stay: the newest few, and further back ever fewer, each about twice as old (in
 * steps) as the next. A rebuild from anywhere in the past then costs at most about twice what it has to.
 *
 * @param steps of the checkpoints that there are
 */
export function keptCheckpoints(steps: readonly number[]): number[] {
  const newestFirst = steps.toSorted((a, b) => b - a);
  const kept = newestFirst.slice(0, ALWAYS);
  const [newest = 0] = newestFirst;
  const oldestOfAge = new Map<number, number>();
  for (const step of newestFirst.slice(ALWAYS)) {
    // Later ones are older: the last to come for an age is its oldest.
    oldestOfAge.set(Math.floor(Math.log2(newest - step)), step);
  }
  return [...kept, ...oldestOfAge.values()];
}
