import { expect, test } from "vitest";

import { waitBefore } from "./wait.ts";

test("failures wait longer, never longer than ten seconds, never less than usual", () => {
  expect([0, 1, 2, 3, 20].map((n) => waitBefore(n, 1_000))).toEqual([
    1_000, 1_000, 2_000, 4_000, 10_000,
  ]);
  expect(waitBefore(9, 30_000)).toBe(30_000);
});
