import { KeptOutReason } from "@groundswell/contracts";
import { expect, test } from "vitest";

import { reasonWords } from "./reasons.ts";
import { keptOutBars, keptOutTotal, mayTeach, received } from "./shares.ts";

const kept_out = [
  { reason: "malformed", count: 6 },
  { reason: "no_consent", count: 24 },
  { reason: "too_old", count: 0 },
];

test("bars are sorted, scaled to the longest, and leave out what never happened", () => {
  expect(keptOutBars({ kept_out, feedback_total: 114 })).toEqual([
    { reason: "no_consent", count: 24, share: 0.2, length: 1 },
    { reason: "malformed", count: 6, share: 0.05, length: 0.25 },
  ]);
  expect(keptOutBars({ kept_out: [], feedback_total: 0 })).toEqual([]);
});

test("what was malformed or sent twice counts as received, and nothing is counted twice", () => {
  const counts = {
    kept_out: [...kept_out, { reason: "duplicate", count: 10 }],
    feedback_total: 100,
  };
  expect(received(counts)).toBe(116);
  expect(keptOutTotal(counts)).toBe(40);
  expect(mayTeach(counts)).toBe(76);
});

test("every reason has words of its own, an unknown one is still readable", () => {
  const words = KeptOutReason.options.map((reason) => reasonWords(reason).short);
  expect(new Set(words).size).toBe(words.length);
  expect(reasonWords("toString").short).toBe("toString");
  expect(reasonWords("new_reason").short).toBe("new reason");
});
