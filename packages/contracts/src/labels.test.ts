import { expect, test } from "vitest";

import { Classes, Label } from "./index.ts";

const messages = (given: unknown) =>
  Classes.safeParse(given).error?.issues.map(
    ({ path, message }) => `${path.join("/")}: ${message}`,
  );

test.each([[["a", "a"]], [["caf\u00e9", "cafe\u0301"]], [[" 1", "1"]], [["x\u00a0", "y", "x"]]])(
  "classes that are spelled alike are refused as a pair: %j",
  (classes) => {
    const [only, ...more] = messages(classes) ?? [];
    expect(more).toEqual([]);
    expect(only).toMatch(new RegExp(`^${classes.length - 1}: `));
    for (const at of [0, classes.length - 1]) expect(only).toContain(JSON.stringify(classes[at]));
  },
);

test("classes of any script, case and look are told apart, in the spelling that was declared", () => {
  const classes = [
    "A",
    "a",
    "\u00e9",
    "e",
    "1",
    "01",
    "1.0",
    "\u4e2d\u6587",
    " 7",
    "\uff11",
    "__proto__",
  ];
  expect(Classes.parse(classes)).toEqual(classes);
});

test.each([
  [["a"], ""],
  [["a", " "], "1: is empty"],
  [["a", "\ud800"], "1: may not contain half"],
  [["a", 7], "1: must be text"],
  ["a,b", "must be a list"],
])("classes %j are refused", (classes, message) => {
  expect(messages(classes)?.join()).toContain(message);
});

test.each([
  [7, "7"],
  [-1.5, "-1.5"],
  [JSON.rawJSON("12345678901234567890"), "12345678901234567890"],
  [" 7 ", " 7 "],
])("the label %j is %j", (given, label) => {
  expect(Label.parse(given)).toBe(label);
});

test.each([[true], [null], [{}], [""], [" \n"], ["a\0"], ["x".repeat(257)]])(
  "%j is no label",
  (given) => {
    expect(Label.safeParse(given).success).toBe(false);
  },
);
