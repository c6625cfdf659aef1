import type { DatasetRow } from "@groundswell/db";
import fc from "fast-check";
import { expect, test } from "vitest";

import { boundVoices } from "./data-set.ts";

const rowsOf = (counts: readonly number[]): DatasetRow[] =>
  counts.flatMap((count, person) =>
    Array.from({ length: count }, (_, i) => ({
      seq: 1_000 * person + i,
      split: "train" as const,
      subjectId: `person ${person}`,
      input: Buffer.alloc(1),
      target: "a",
      weight: 1,
    })),
  );
const weightOf = (rows: readonly DatasetRow[]) => rows.reduce((sum, { weight }) => sum + weight, 0);

test("once enough have taught, one person's weight is their share of all at most", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 20, maxLength: 60 }),
      (counts) => {
        const bounded = boundVoices(rowsOf(counts), { from: 20, share: 0.1 });
        const all = weightOf(bounded);
        for (const own of Map.groupBy(bounded, ({ subjectId }) => subjectId).values())
          expect(weightOf(own)).toBeLessThanOrEqual(Math.max(1, 0.1 * all) + 1e-6);
      },
    ),
  );
});

test("nobody counts less who said no more than their share, and a few people are not bounded", () => {
  const alike = rowsOf(Array.from({ length: 50 }, () => 4));
  expect(boundVoices(alike, { from: 20, share: 0.1 })).toEqual(alike);
  const few = rowsOf([500, 1, 1]);
  expect(boundVoices(few, { from: 20, share: 0.1 })).toEqual(few);
});
