import { createHash } from "node:crypto";

import fc from "fast-check";
import { expect, test } from "vitest";

import { type Counts, nextBlock, type Shares, type Split } from "./split.ts";

const saltOf = (n: number) => createHash("sha256").update(String(n)).digest();

function place(salt: Buffer, shares: Shares, people: number): Split[] {
  const counts = { train: 0, validation: 0, exam: 0 };
  const order: Split[] = [];
  while (order.length < people)
    for (const split of nextBlock(salt, shares, counts)) {
      counts[split] += 1;
      order.push(split);
    }
  return order.slice(0, people);
}

const countsOf = (order: readonly Split[]): Counts => ({
  train: order.filter((split) => split === "train").length,
  validation: order.filter((split) => split === "validation").length,
  exam: order.filter((split) => split === "exam").length,
});

const percent = (least: number) => fc.integer({ min: least, max: 50 }).map((n) => n / 100);

// Of less than a sixteenth each, the two that are put into the first eight are more than their shares.
test("from eight people on, no part is empty and each has its share to within one person", () => {
  fc.assert(
    fc.property(percent(7), percent(7), fc.nat(), (exam, validation, seed) => {
      fc.pre(exam + validation <= 0.95);
      const order = place(saltOf(seed), { exam, validation }, 200);
      for (let n = 8; n <= order.length; n += 1) {
        const counts = countsOf(order.slice(0, n));
        const shares = { exam, validation, train: 1 - exam - validation };
        for (const split of ["exam", "validation", "train"] as const) {
          expect(counts[split], `${split} of ${n}`).toBeGreaterThan(0);
          const off = Math.abs(counts[split] - shares[split] * n);
          expect(off, `${split} of ${n}: ${counts[split]}`).toBeLessThanOrEqual(1 + 1e-6);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("however small a share, its part is not empty; a share of nothing stays so", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 0.001, 0.01),
      fc.constantFrom(0, 0.001, 0.02),
      fc.nat(),
      (exam, validation, seed) => {
        const order = place(saltOf(seed), { exam, validation }, 40);
        for (const n of [8, 40]) {
          const counts = countsOf(order.slice(0, n));
          expect(counts.exam).toBe(exam > 0 ? 1 : 0);
          expect(counts.validation).toBe(validation > 0 ? 1 : 0);
        }
      },
    ),
  );
});

test("where a person comes in a block tells nothing about their part", () => {
  const shares = { exam: 0.125, validation: 0.125 };
  const at = Array.from({ length: 8 }, () => 0);
  const MODELS = 1_600;
  for (let seed = 0; seed < MODELS; seed += 1)
    for (const [i, split] of place(saltOf(seed), shares, 8).entries())
      if (split === "exam") at[i] = (at[i] ?? 0) + 1;
  // 200 expected, with a standard deviation of 13.
  for (const n of at) expect(Math.abs(n - MODELS / 8)).toBeLessThan(66);
});

test("the same salt and counts give the same block; people placed by other rules are balanced out", () => {
  const shares = { exam: 0.1, validation: 0.1 };
  const before = { train: 40, validation: 0, exam: 9 };
  expect(nextBlock(saltOf(1), shares, before)).toEqual(nextBlock(saltOf(1), shares, before));
  expect(nextBlock(saltOf(1), shares, before)).not.toContain("exam");
  expect(nextBlock(saltOf(1), shares, before)).toContain("validation");
});
