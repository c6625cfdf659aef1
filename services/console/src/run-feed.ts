import { createRunTail, type NumberedEvent, type ReadRun, type RunTail } from "./run-tail.ts";

export interface WatchedRun {
  projectId: string;
  runId: string;
}

export interface RunFeed {
  /**
   * The events of a run after `last` as they are written. Ends after the last event of a run that
   * has ended, and when `signal` aborts.
   */
  follow: (run: WatchedRun, last: number, signal: AbortSignal) => AsyncGenerator<NumberedEvent>;
  /** Runs that are being looked at: one query each `pollMs`, however many watch. */
  watched: () => number;
}

interface RunFeedOptions {
  read: (run: WatchedRun, after: number) => ReturnType<ReadRun>;
  pollMs: number;
}

interface Shared {
  tail: RunTail;
  watchers: number;
  stop: AbortController;
}

export function createRunFeed({ read, pollMs }: RunFeedOptions): RunFeed {
  const shared = new Map<string, Shared>();

  const join = (key: string, run: WatchedRun): Shared => {
    const one = shared.get(key) ?? {
      tail: createRunTail((after) => read(run, after), pollMs),
      watchers: 0,
      stop: new AbortController(),
    };
    one.watchers += 1;
    if (one.watchers === 1) {
      shared.set(key, one);
      void one.tail.poll(one.stop.signal);
    }
    return one;
  };
  const leave = (key: string, one: Shared) => {
    one.watchers -= 1;
    if (one.watchers > 0) return;
    one.stop.abort();
    shared.delete(key);
  };

  return {
    watched: () => shared.size,
    async *follow(run, last, signal) {
      const key = `${run.projectId} ${run.runId}`;
      const one = join(key, run);
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      try {
        while (!signal.aborted) {
          const change = one.tail.nextChange();
          // Whoever resumes far back reads for itself until the tail has what comes next.
          const known = one.tail.after(last);
          const events = known ?? (await read(run, last)).events;
          for (const event of events) yield event;
          last = events.at(-1)?.id ?? last;
          if (events.length > 0) continue;
          if (known && one.tail.ended()) return;
          await Promise.race([change, aborted]);
        }
      } finally {
        leave(key, one);
      }
    },
  };
}
