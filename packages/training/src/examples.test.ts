import { expect, test } from "vitest";

import { exampleOf, wasRight } from "./examples.ts";

const classes = ["3", "5"];
const said = (value: boolean | number | string | null, correction: string | null = null) => ({
  metric: "correct",
  value,
  correction,
});

test.each([
  [said(false, "5"), { target: "5", weight: 1 }],
  [said(true), { target: "3", weight: 1 }],
  [said(null, "5"), { target: "5", weight: 1 }],
  [said(null, " 5 "), { target: "5", weight: 1 }],
  [said(true, "3"), { target: "3", weight: 1 }],
  [said(0.2, "3"), { target: "3", weight: 1 }],
  [said(true, "5"), { reason: "contradiction" }],
  // Whoever names the class means it, though they pressed "wrong" first.
  [said(false, "3"), { target: "3", weight: 1 }],
  [said(false), { reason: "no_target" }],
  [said(4), { reason: "no_target" }],
  [said(false, "8"), { reason: "unknown_class" }],
])("of a 3, %j teaches %j", (feedback, expected) => {
  expect(exampleOf({ label: "3" }, feedback, classes)).toEqual(expected);
});

test("a label that is no class of the model any more teaches nothing", () => {
  expect(exampleOf({ label: "8" }, said(true), classes)).toEqual({ reason: "unknown_class" });
});

test.each([
  [said(true), true],
  [said(false), false],
  [said(null, "3"), true],
  [said(null, "5"), false],
  [said(false, "5"), false],
  [said(false, "3"), true],
  [said(true, "5"), null],
  [said("fine"), null],
])("of a 3, %j says that it was right: %j", (feedback, expected) => {
  expect(wasRight({ label: "3" }, feedback)).toBe(expected);
});

test("a class is told by its letters, however they are composed, and taught as it was declared", () => {
  const names = ["caf\u00e9", "th\u00e9"];
  const decomposed = { metric: "correct", value: null, correction: "cafe\u0301 " };
  expect(exampleOf({ label: "th\u00e9" }, decomposed, names)).toEqual({
    target: "caf\u00e9",
    weight: 1,
  });
  expect(wasRight({ label: "caf\u00e9" }, decomposed)).toBe(true);
});
