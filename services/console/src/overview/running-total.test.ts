import fc from "fast-check";
import { expect, test } from "vitest";

import { createRunningTotal } from "./running-total.ts";

const SETTLED_AFTER_MS = 100;
const RECOUNT_AFTER_MS = 2_000;
const LATEST_MS = 5_000;

test("equals a count of everything, whenever it is asked", async () => {
  const turn = fc.record({ passes: fc.nat(150), lateBy: fc.nat(SETTLED_AFTER_MS - 1) });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 60 }), async (turns) => {
      const times: number[] = [];
      const total = createRunningTotal(countOf);
      let now = 1_000;
      for (const { passes, lateBy } of turns) {
        now += passes;
        times.push(now - lateBy); // committed a little after its own instant
        expect(await total(times, new Date(now))).toBe(times.length);
      }
    }),
  );
});

test("what comes in later than that is counted by the next recount, and none of it twice", async () => {
  const turn = fc.record({ passes: fc.nat(900), lateBy: fc.nat(LATEST_MS - 1) });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 60 }), async (turns) => {
      const times: number[] = [];
      const total = createRunningTotal(countOf);
      let now = 10_000;
      for (const { passes, lateBy } of turns) {
        now += passes;
        times.push(now - lateBy);
        await total(times, new Date(now));
      }
      expect(await total(times, new Date(now + RECOUNT_AFTER_MS + 1))).toBe(times.length);
    }),
  );
});

test("reads what is settled once, and anew now and then only what may be late", async () => {
  const spans: string[] = [];
  const total = createRunningTotal({
    first: async (_: undefined, through) => {
      spans.push(`0-${through.getTime()}`);
      return 0;
    },
    read: async (_: undefined, after, through) => {
      spans.push(`${after.getTime()}-${through?.getTime() ?? ""}`);
      return 0;
    },
    plus: (a, b) => a + b,
    settledAfterMs: SETTLED_AFTER_MS,
    recountAfterMs: RECOUNT_AFTER_MS,
    latestMs: LATEST_MS,
  });
  for (const now of [10_000, 10_050, 14_000]) await total(undefined, new Date(now));
  const atFirst = ["0-5000", "5000-9900", "9900-"];
  const next = ["9900-9950", "9950-"];
  const recount = ["5000-9000", "9000-13900", "13900-"];
  expect(spans).toEqual(atFirst.concat(next, recount));
});

const countOf = {
  first: async (source: number[], through: Date) => spanOf(source, new Date(0), through),
  read: async (source: number[], after: Date, through: Date | null) =>
    spanOf(source, after, through),
  plus: (a: number, b: number) => a + b,
  settledAfterMs: SETTLED_AFTER_MS,
  recountAfterMs: RECOUNT_AFTER_MS,
  latestMs: LATEST_MS,
};

const spanOf = (times: readonly number[], after: Date, through: Date | null) =>
  times.filter((at) => at > after.getTime() && (!through || at <= through.getTime())).length;
