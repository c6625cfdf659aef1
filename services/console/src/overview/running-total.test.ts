import fc from "fast-check";
import { expect, test } from "vitest";

import { createRunningTotal } from "./running-total.ts";

const SETTLED_AFTER_MS = 100;
const RECOUNT_AFTER_MS = 2_000;

test("equals a count of everything, whenever it is asked", async () => {
  const turn = fc.record({ passes: fc.nat(150), lateBy: fc.nat(SETTLED_AFTER_MS - 1) });
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 60 }), async (turns) => {
      const times: number[] = [];
      const total = createRunningTotal({
        read: async (source: number[], after, through) =>
          source.filter((at) => at > after.getTime() && (!through || at <= through.getTime()))
            .length,
        plus: (a, b) => a + b,
        settledAfterMs: SETTLED_AFTER_MS,
        recountAfterMs: RECOUNT_AFTER_MS,
      });
      let now = 1_000;
      for (const { passes, lateBy } of turns) {
        now += passes;
        times.push(now - lateBy); // committed a little after its own instant
        expect(await total(times, new Date(now))).toBe(times.length);
      }
    }),
  );
});

test("reads what is settled once, and all anew now and then", async () => {
  const spans: string[] = [];
  const total = createRunningTotal({
    read: async (_: undefined, after, through) => {
      spans.push(`${after.getTime()}-${through?.getTime() ?? ""}`);
      return 0;
    },
    plus: (a, b) => a + b,
    settledAfterMs: SETTLED_AFTER_MS,
    recountAfterMs: RECOUNT_AFTER_MS,
  });
  for (const now of [1_000, 1_050, 4_000]) await total(undefined, new Date(now));
  expect(spans).toEqual(["0-900", "900-", "900-950", "950-", "0-3900", "3900-"]);
});
