import { expect, test } from "vitest";

import { GraphError } from "./errors.ts";
import { bind, buildCase, compareSlopes, evaluate } from "./gradcheck.ts";
import type { Case, Op } from "./op.ts";
import { OPS } from "./ops/index.ts";
import type { Value } from "./value.ts";

const EVERY_CASE = OPS.flatMap((op) =>
  op.cases.map((testCase, index): [string, Op, Case] => [
    `${op.operator.name} ${index}`,
    op,
    testCase,
  ]),
);

/** Relative to the larger of the two, absolute below 1. */
const TOLERANCE = { float64: 1e-7, float32: 5e-3 };

const HAS_RULE = EVERY_CASE.filter(([, op]) => typeof op.grad === "function");
const IS_FLAT = EVERY_CASE.filter(([, op]) => typeof op.grad !== "function");

function hasFloats(op: Op, testCase: Case): boolean {
  const { inputs, outputs } = buildCase(op, testCase, op.check);
  const isFloat = (value: Value | null): boolean => value?.dtype === op.check;
  return inputs.some(isFloat) && outputs.some(isFloat);
}

test("no two operators have the same name", () => {
  expect(new Set(OPS.map((op) => op.operator.name)).size).toBe(OPS.length);
  expect(OPS.length).toBeGreaterThan(30);
});

test.each(EVERY_CASE)("%s: the shape rule says what the runtime answers", (_, op, testCase) => {
  const { g, fed, feeds, outputs } = buildCase(op, testCase, op.check);
  const named = Object.fromEntries(outputs.map((output, index) => [`y${index}`, output]));
  const answered = evaluate(g, fed, feeds, named);
  for (const [index, output] of outputs.entries()) {
    expect(answered[`y${index}`]?.dims).toEqual(bind(output.shape));
    expect(answered[`y${index}`]?.dtype).toBe(output.dtype);
    if (output.content === null) continue;
    const held = Array.from(answered[`y${index}`]?.data ?? [], Number);
    expect(held).toEqual(bind(output.content));
  }
});

test.each(HAS_RULE)("%s: the gradient rule agrees with differences", (_, op, testCase) => {
  const slopes = compareSlopes(op, testCase, op.check);
  expect(slopes.length > 0).toBe(hasFloats(op, testCase));
  for (const { numerical, analytic, alone } of slopes) {
    const scale = Math.max(1, Math.abs(numerical), Math.abs(analytic));
    expect(Math.abs(numerical - analytic) / scale).toBeLessThan(TOLERANCE[op.check]);
    expect(alone).toBe(analytic);
  }
});

test.each(IS_FLAT)("%s: no slope, as the entry says", (_, op, testCase) => {
  expect(op.grad).toMatchObject({ kind: "flat" });
  const { outputs } = buildCase(op, testCase, op.check);
  if (outputs.every((output) => output.dtype !== op.check)) return;
  expect(() => compareSlopes(op, testCase, op.check)).toThrow(GraphError);
});
