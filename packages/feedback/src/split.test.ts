import { randomUUID } from "node:crypto";

import { expect, test } from "vitest";

import { splitOf } from "./split.ts";

const salt = Buffer.from("salt of a model");
const people = Array.from({ length: 20_000 }, () => randomUUID());
const share = (salted: Buffer, split: string) =>
  people.filter((person) => splitOf(salted, person, 0.1, 0.2) === split).length / people.length;

test("shares are what they should be", () => {
  expect(share(salt, "exam")).toBeCloseTo(0.1, 1);
  expect(share(salt, "validation")).toBeCloseTo(0.2, 1);
  expect(share(salt, "train")).toBeCloseTo(0.7, 1);
});

test("a person stays in their part, and is in another one for another model", () => {
  const [one = ""] = people;
  expect(splitOf(salt, one, 0.1, 0.2)).toBe(splitOf(salt, one, 0.1, 0.2));
  const other = Buffer.from("salt of another model");
  const both = people.filter(
    (person) =>
      splitOf(salt, person, 0.1, 0) === "exam" && splitOf(other, person, 0.1, 0) === "exam",
  );
  expect(both.length / people.length).toBeLessThan(0.02);
});

test("whoever is in the exam stays in it when more of the others are taken", () => {
  const examined = people.filter((person) => splitOf(salt, person, 0.1, 0) === "exam");
  expect(examined.every((person) => splitOf(salt, person, 0.2, 0.3) === "exam")).toBe(true);
});

test("no share, no exam", () => {
  expect(people.some((person) => splitOf(salt, person, 0, 0) !== "train")).toBe(false);
});
