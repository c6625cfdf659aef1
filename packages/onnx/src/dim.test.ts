import fc from "fast-check";
import { expect, test } from "vitest";

import { broadcast, product, quotient } from "./dim.ts";
import { ShapeError } from "./errors.ts";

const dims = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom("N", "R", "rows")));

test("a product divided by a part of it is the product of the rest", () => {
  fc.assert(
    fc.property(dims, dims, (part, rest) => {
      const all = product([...part, ...rest]);
      expect(quotient(all, product(part))).toBe(product(rest));
    }),
  );
});

test("the order of factors doesn't matter", () => {
  expect(product(["R", 2, "N", 3])).toBe("6*N*R");
  expect(product([product(["N", 3]), "R", 2])).toBe("6*N*R");
  expect(product([])).toBe(1);
});

test("a quotient that is no product is undefined", () => {
  expect(quotient("5*N", 2)).toBeUndefined();
  expect(quotient(10, "N")).toBeUndefined();
  expect(quotient("N", 0)).toBeUndefined();
});

test("symbols broadcast with 1 and with themselves only", () => {
  expect(broadcast([["N", 1], [3], []])).toEqual(["N", 3]);
  expect(() => broadcast([["N"], ["R"]])).toThrow(ShapeError);
  expect(() => broadcast([["N"], [2]])).toThrow(ShapeError);
});
