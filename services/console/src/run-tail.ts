import { setTimeout as delay } from "node:timers/promises";

import type { RunEvent, RunStatus } from "@groundswell/contracts";

export interface NumberedEvent {
  id: number;
  event: RunEvent;
}

/** Of one snapshot: nothing follows the events of a run whose status is final. */
export interface RunReading {
  status: RunStatus;
  /** The id of the last event that there is; 0 for none. */
  newest: number;
  events: readonly NumberedEvent[];
}

/** Reads at most a few hundred events after one of them. */
export type ReadRun = (after: number) => Promise<RunReading>;

/** What is new of one run, read once for everybody who watches it. */
export interface RunTail {
  /** Events after `last`, as far as they are known here; undefined where older ones are needed. */
  after: (last: number) => readonly NumberedEvent[] | undefined;
  /** Whether the run has ended, with every event of it known. */
  ended: () => boolean;
  /** Resolves when there is more to know. Ask before looking, or a change in between is missed. */
  nextChange: () => Promise<void>;
  /** Looks every `pollMs` until it ends or is aborted. */
  poll: (signal: AbortSignal) => Promise<void>;
}

const KEPT = 500;
const FINAL: ReadonlySet<RunStatus> = new Set(["succeeded", "failed", "cancelled"]);

export function createRunTail(read: ReadRun, pollMs: number): RunTail {
  let events: NumberedEvent[] = [];
  /** Known here are the events after `start`, through `newest`. */
  let start: number | undefined;
  let newest = 0;
  let ended = false;
  let change = Promise.withResolvers<void>();

  const take = (reading: RunReading) => {
    const first = start === undefined;
    // What was written before anybody watched is read by whoever wants it.
    if (first) start = newest = reading.newest;
    const fresh = reading.events.filter(({ id }) => id > newest);
    newest = fresh.at(-1)?.id ?? newest;
    events.push(...fresh);
    if (events.length > KEPT) {
      events = events.slice(-KEPT);
      start = (events[0]?.id ?? 1) - 1;
    }
    ended = FINAL.has(reading.status) && newest >= reading.newest;
    if (!first && fresh.length === 0 && !ended) return;
    change.resolve();
    change = Promise.withResolvers();
  };

  return {
    after: (last) =>
      start === undefined || last < start ? undefined : events.filter(({ id }) => id > last),
    ended: () => ended,
    nextChange: () => change.promise,
    poll: async (signal) => {
      while (!ended && !signal.aborted) {
        try {
          take(await read(newest));
        } catch {
          // The database is away for a moment: the watchers wait, and the next look goes on from here.
        }
        await delay(pollMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
      }
    },
  };
}
