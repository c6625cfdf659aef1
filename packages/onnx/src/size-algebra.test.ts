import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Dim } from "./model.ts";
import { boundSize, ceilQuotient, floorQuotient, plus, product, quotient } from "./size-algebra.ts";

const SIZES: Readonly<Record<string, number>> = { N: 5, R: 3, rows: 11, "?0": 2 };

const bind = (dim: Dim | undefined): number =>
  boundSize(dim ?? Number.NaN, (symbol) => SIZES[symbol] ?? Number.NaN);

/** A size, and what it is when the symbols are bound. */
type Built = readonly [Dim, number];

const leaf = fc
  .oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(...Object.keys(SIZES)))
  .map((dim): Built => [dim, bind(dim)]);

const built = fc.letrec<{ size: Built }>((tie) => ({
  size: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie("size"), tie("size")).map(([a, b]): Built => [plus(a[0], b[0]), a[1] + b[1]]),
    fc.tuple(tie("size"), tie("size")).map(([a, b]): Built => [plus(a[0], b[0], -1), a[1] - b[1]]),
    fc.tuple(tie("size"), tie("size")).map(([a, b]): Built => [product([a[0], b[0]]), a[1] * b[1]]),
    fc
      .tuple(tie("size"), fc.integer({ min: 1, max: 4 }))
      .map(([a, by]): Built => [floorQuotient(a[0], by), Math.floor(a[1] / by)]),
  ),
})).size;

/** A size that went by a name of its own can't be bound. */
const isNamed = (dim: Dim): boolean => String(dim).includes("size-");

test("a size worked out with symbols is the size worked out with numbers", () => {
  fc.assert(
    fc.property(built, ([dim, value]) => {
      fc.pre(!isNamed(dim));
      // -0 and 0 are one size.
      expect(bind(dim) + 0).toBe(value + 0);
    }),
  );
});

type Law = (a: Dim, b: Dim, c: Dim) => readonly [Dim, Dim];

describe("equal sizes are written in one way", () => {
  test.each<[string, Law]>([
    ["sums in any order", (a, b, c) => [plus(plus(a, b), c), plus(a, plus(c, b))]],
    ["products in any order", (a, b, c) => [product([a, b, c]), product([c, product([b, a])])]],
    [
      "a product of sums",
      (a, b, c) => [product([a, plus(b, c)]), plus(product([a, b]), product([a, c]))],
    ],
    ["what is added and taken away", (a, b) => [plus(plus(a, b), b, -1), plus(a, 0)]],
  ])("%s", (_, law) => {
    fc.assert(
      fc.property(built, built, built, ([a], [b], [c]) => {
        fc.pre(![a, b, c].some(isNamed));
        const [left, right] = law(a, b, c);
        fc.pre(!isNamed(left) && !isNamed(right));
        expect(plus(left, 0)).toBe(plus(right, 0));
      }),
    );
  });
});

test("a product divided by a part of it is the rest", () => {
  fc.assert(
    fc.property(built, built, ([a, x], [b]) => {
      const both = product([a, b]);
      fc.pre(x !== 0 && a !== 0 && ![a, b, both].some(isNamed));
      expect(plus(quotient(both, a) ?? Number.NaN, 0)).toBe(plus(b, 0));
    }),
  );
});

test("a quotient that no product makes is undefined", () => {
  expect(quotient("5*N", 2)).toBeUndefined();
  expect(quotient(10, "N")).toBeUndefined();
  expect(quotient("N", 0)).toBeUndefined();
  expect(quotient("(N+1)", "N")).toBeUndefined();
  expect(quotient("(N*N+-1)", "(N+1)")).toBe("(N+-1)");
});

test("quotients that leave a rest are taken apart, so that equal ones meet", () => {
  expect(floorQuotient("(5*N+7)", 2)).toBe(plus(plus("2*N", 3), floorQuotient(plus("N", 1), 2)));
  expect(ceilQuotient("N", 2)).toBe("((N+1)//2)");
  expect(floorQuotient("(4*N+3)", 4)).toBe("N");
  // A window of 3 in steps of 2 with 1 around, and as its own formula says it.
  expect(plus(floorQuotient(plus("H", -1), 2), 1)).toBe(floorQuotient(plus("H", 1), 2));
});

test("texts stay short, and equal where they were built alike", () => {
  const grow = (): Dim => {
    let size: Dim = "N";
    for (let k = 0; k < 60; k++) size = product([plus(size, `s${k}`), plus(size, 1)]);
    for (let k = 0; k < 60; k++) size = floorQuotient(size, plus(size, 1));
    return size;
  };
  expect(String(grow()).length).toBeLessThan(1_000);
  expect(grow()).toBe(grow());
});
