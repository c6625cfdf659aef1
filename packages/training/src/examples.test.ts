import { expect, test } from "vitest";

import { exampleOf, wasRight } from "./examples.ts";

const classes = ["3", "5"];
const said = (value: boolean | number | string, correction: string | null = null) => ({
  metric: "correct",
  value,
  correction,
});

test.each([
  [said(false, "5"), { target: "5", weight: 1 }],
  [said(true), { target: "3", weight: 1 }],
  // Whoever corrects means it, whatever else they pressed.
  [said(true, "5"), { target: "5", weight: 1 }],
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
  [said(false, "3"), true],
  [said(true, "5"), false],
  [said("fine"), null],
])("of a 3, %j says that it was right: %j", (feedback, expected) => {
  expect(wasRight({ label: "3" }, feedback)).toBe(expected);
});
