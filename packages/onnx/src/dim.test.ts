import { describe, expect, test } from "vitest";

import { axisOf, broadcast, differ, product } from "./dim.ts";
import { ShapeError, UndecidedShape } from "./errors.ts";

test("the order of factors doesn't matter", () => {
  expect(product(["R", 2, "N", 3])).toBe("6*N*R");
  expect(product([product(["N", 3]), "R", 2])).toBe("6*N*R");
  expect(product([])).toBe(1);
});

describe("broadcast", () => {
  const lenient = { lenient: true, unknown: () => "?" };

  test("symbols go with 1 and with themselves", () => {
    expect(broadcast([["N", 1], [3], []])).toEqual(["N", 3]);
  });

  test("what can't be told is no contradiction", () => {
    expect(() => broadcast([["N"], ["R"]])).toThrow(UndecidedShape);
    expect(() => broadcast([["N"], [2]])).toThrow(UndecidedShape);
    expect(() => broadcast([[3], [2]])).toThrow(ShapeError);
    expect(() => broadcast([[3], [2]])).not.toThrow(UndecidedShape);
  });

  test("leniently, sizes are taken to fit that may", () => {
    expect(broadcast([["N"], [2]], lenient)).toEqual([2]);
    expect(broadcast([["N"], ["R"]], lenient)).toEqual(["?"]);
    expect(() => broadcast([["N"], [2], [3]], lenient)).toThrow(ShapeError);
  });
});

test("sizes differ where they must be the same, or can't be", () => {
  expect(differ("N", 2)).toBe(true);
  expect(differ("N", 2, { lenient: true })).toBe(false);
  expect(differ(3, 2, { lenient: true })).toBe(true);
});

test("an axis is counted from either end", () => {
  expect(axisOf(-1, 3)).toBe(2);
  expect(() => axisOf(3, 3)).toThrow(ShapeError);
});
