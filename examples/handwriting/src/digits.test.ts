import { expect, test } from "vitest";

import { loadDigits, SIDE } from "./digits.ts";
import { loadHandwriting } from "./handwriting.ts";

test("there are 10,000 digits, each class among them, the same for the same seed", () => {
  const digits = loadDigits(1);
  expect(digits).toHaveLength(10_000);
  expect(new Set(digits.map(({ label }) => label)).size).toBe(10);
  expect(digits.every(({ pixels }) => pixels.length === SIDE * SIDE)).toBe(true);
  expect(loadDigits(1)[4_711]).toEqual(digits[4_711]);
});

test("no picture of the traffic is in the exam", () => {
  const { traffic, exam } = loadHandwriting({ traffic: 8_000, exam: 2_000, users: 400, seed: 1 });
  const keyOf = ({ inputs }: { inputs: Record<string, unknown> }) => JSON.stringify(inputs);
  const met = new Set(traffic.map(keyOf));
  expect(traffic).toHaveLength(8_000);
  expect(exam).toHaveLength(2_000);
  expect(exam.filter((sample) => met.has(keyOf(sample)))).toEqual([]);
});
