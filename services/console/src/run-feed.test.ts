import type { RunStatus } from "@groundswell/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { createRunFeed } from "./run-feed.ts";
import { createRunTail, type NumberedEvent, type RunReading } from "./run-tail.ts";

const MOST = 500;
const RUN = { projectId: "p", runId: "r" };

/** A run in memory that reads as the database does. */
function createRun() {
  const events: NumberedEvent[] = [];
  let status: RunStatus = "running";
  let reads = 0;
  return {
    add: (count: number) => {
      for (let i = 0; i < count; i += 1)
        events.push({ id: events.length + 1, event: { type: "status", status: "running" } });
    },
    end: () => {
      status = "succeeded";
      events.push({ id: events.length + 1, event: { type: "status", status } });
    },
    last: () => events.length,
    reads: () => reads,
    read: async (after: number): Promise<RunReading> => {
      reads += 1;
      return { status, newest: events.length, events: events.slice(after, after + MOST) };
    },
  };
}

async function collect(events: AsyncIterable<NumberedEvent>): Promise<number[]> {
  const ids: number[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
}

const upTo = (last: number, first = 1) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => i + first);

describe("createRunFeed", () => {
  test("whoever joins, whenever, sees every event after their own once and in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ add: fc.nat(700), joinAfter: fc.nat(900) }), { maxLength: 6 }),
        async (turns) => {
          const run = createRun();
          const feed = createRunFeed({ read: (_, after) => run.read(after), pollMs: 0 });
          const { signal } = new AbortController();
          const watchers: { after: number; seen: Promise<number[]> }[] = [];
          for (const { add, joinAfter } of turns) {
            run.add(add);
            watchers.push({
              after: joinAfter,
              seen: collect(feed.follow(RUN, joinAfter, signal)),
            });
            await new Promise((resolve) => setImmediate(resolve));
          }
          run.end();
          for (const { after, seen } of watchers)
            expect(await seen).toEqual(upTo(run.last(), after + 1));
          expect(feed.watched()).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("one look serves all who watch; who leaves is forgotten", async () => {
    const run = createRun();
    const feed = createRunFeed({ read: (_, after) => run.read(after), pollMs: 1 });
    const leaving = new AbortController();
    const left = Array.from({ length: 50 }, () => collect(feed.follow(RUN, 0, leaving.signal)));
    const stays = collect(feed.follow(RUN, 0, new AbortController().signal));
    await expect.poll(() => run.reads()).toBeGreaterThan(60);
    const before = run.reads();
    leaving.abort();
    await Promise.all(left);
    expect(feed.watched()).toBe(1);
    run.add(3);
    run.end();
    expect(await stays).toEqual([1, 2, 3, 4]);
    // After its first look each watcher is served by the common one.
    expect(run.reads() - before).toBeLessThan(50);
    expect(feed.watched()).toBe(0);
  });
});

describe("createRunTail", () => {
  test("goes on after a read that failed", async () => {
    const run = createRun();
    let broken = true;
    const tail = createRunTail(async (after) => {
      if (broken) throw new Error("away");
      return run.read(after);
    }, 0);
    const polling = tail.poll(new AbortController().signal);
    broken = false;
    await tail.nextChange();
    run.end();
    await polling;
    expect(tail.after(0)?.map(({ id }) => id)).toEqual([1]);
    expect(tail.ended()).toBe(true);
  });
});
