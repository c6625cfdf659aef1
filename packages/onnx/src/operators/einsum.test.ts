import { expect, test } from "vitest";

import type { Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { einsumTerms } from "./einsum.ts";
import { infer } from "./infer-for-test.ts";

test.each([
  ["ij,jk->ik", [2, 2], ["ij", "jk"], "ik"],
  ["ij,jk", [2, 2], ["ij", "jk"], "ik"],
  ["b i j , b j k -> b i k", [3, 3], ["bij", "bjk"], "bik"],
  ["ba", [2], ["ba"], "ab"],
  ["ii", [2], ["ii"], ""],
  ["...ij,jk->...ik", [4, 2], ["ABij", "jk"], "ABik"],
  ["...i,...i", [3, 2], ["ABi", "Bi"], "AB"],
  ["...->...", [0], [""], ""],
] as const)("%s", (equation, ranks, operands, output) => {
  expect(einsumTerms(equation, ranks)).toEqual({ operands, output });
});

test.each([
  ["ij,jk->ik", [2]],
  ["ij->i", [3]],
  ["i..j->i", [2]],
  ["i1->i", [2]],
] as const)("%s of %j is refused", (equation, ranks) => {
  expect(() => einsumTerms(equation, ranks)).toThrow(ShapeError);
});

const shapeOf = (equation: string, inputs: readonly Shape[]): Shape | undefined =>
  infer("Einsum", { inputs, attributes: { equation } })[0]?.shape;

test("sizes may be symbols, and 1 where another operand has more", () => {
  const shapes = [
    ["N", 3, 4],
    [1, 4, 5],
  ];
  expect(shapeOf("bij,bjk->bki", shapes)).toEqual(["N", 5, 3]);
});

test("letters with two sizes, and letters from nowhere, are refused", () => {
  expect(() => shapeOf("i,i->i", [[2], [3]])).toThrow(ShapeError);
  expect(() => shapeOf("i->j", [[2]])).toThrow("is in no input");
});
