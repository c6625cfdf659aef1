import { expect, test } from "vitest";

import { studentT95, wilson } from "./proportion.ts";

test("the interval of a share is Wilson's", () => {
  const { low, high } = wilson(81, 263);
  // Newcombe 1998, table I: 0.2553 to 0.3662.
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
});

test("none or all of n still leave room, nothing leaves all of it", () => {
  expect(wilson(0, 10)).toMatchObject({ value: 0, low: 0 });
  expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
  expect(wilson(10, 10)).toMatchObject({ value: 1, high: 1 });
  expect(wilson(0, 0)).toEqual({ value: 0, low: 0, high: 1, n: 0 });
});

test("Student's t is that of the tables", () => {
  for (const [degrees, table] of [
    [2, 4.303],
    [5, 2.571],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ] as const)
    expect(Math.abs(studentT95(degrees) / table - 1)).toBeLessThan(degrees < 3 ? 0.03 : 0.002);
});
