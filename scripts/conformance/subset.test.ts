import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { examine } from "./examine.ts";
import { CHECKS } from "./outcome.ts";
import { casesOf } from "./suite.ts";

// A few small models of the suite, of which nothing crashes the runtime; `pnpm conformance`
// holds all of them against the same checks, each in a process of its own.
const folder = join(import.meta.dirname, "test-data");
const CASES = casesOf(folder, {}).map((each) => [`${each.group}/${each.name}`, each] as const);

const none = (): void => {};

test("the models are those of the list", () => {
  const listed = readFileSync(join(import.meta.dirname, "subset.txt"), "utf8")
    .trim()
    .split("\n");
  expect(CASES.map(([name]) => name)).toEqual(listed);
});

test.each(CASES)("%s", (_, { folder: of }) => {
  const outcomes = CHECKS.map((check) => ({ check, ...examine(of, check, none) }));
  expect(outcomes.filter(({ end }) => end === "failed")).toEqual([]);
  expect(outcomes).toContainEqual({ check: "codec", end: "passed", reason: "" });
});

test("most of them run, and answer what was recorded", () => {
  const ends = CASES.map(([, { folder: of }]) => examine(of, "outputs", none).end);
  expect(ends.filter((end) => end === "passed").length).toBeGreaterThan(CASES.length / 2);
});
