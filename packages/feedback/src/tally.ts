import type { KeptOutReason } from "@groundswell/contracts";

/**
 * What is counted, for each model and span of five seconds; under the nil model where none is known.
 * An item is counted in the transaction that decides about it, so that a retry counts nothing twice.
 *
 * `accepted` items taken from the inbox (always under the nil model) · `event` stored tracking
 * messages (nil model) · `feedback` values decided about: each is either an `example`, or
 * `held_out` (an example too, but only for the exam), or kept out for one of the reasons. An example
 * that another value replaces later is counted as `superseded` as well. `duplicate` and `malformed`
 * items are no values: they come on top.
 */
export type TallyName = "accepted" | "event" | "feedback" | "example" | KeptOutReason;

export interface Tally {
  projectId: string;
  modelId: string;
  what: TallyName;
  n: number;
}

export const NO_MODEL = "00000000-0000-0000-0000-000000000000";
const SPAN_MS = 5_000;

/** The span that an instant is counted in. */
export const tallyBucket = (at: Date): Date =>
  new Date(Math.floor(at.getTime() / SPAN_MS) * SPAN_MS);

export interface Counter {
  add: (projectId: string, modelId: string | null, what: TallyName, n?: number) => void;
  /** One row for each key, in the order in which rows are locked everywhere. */
  tallies: () => Tally[];
}

export function createCounter(): Counter {
  const counts = new Map<string, Tally>();
  return {
    add(projectId, modelId, what, n = 1) {
      const key = `${projectId} ${modelId ?? NO_MODEL} ${what}`;
      const tally = counts.get(key);
      if (tally) tally.n += n;
      else counts.set(key, { projectId, modelId: modelId ?? NO_MODEL, what, n });
    },
    tallies: () =>
      [...counts.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, tally]) => tally),
  };
}
