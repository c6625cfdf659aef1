import { expect, test } from "vitest";

import { dataOf, tensor, zeros } from "./tensor.ts";

test("a tensor has exactly the elements its dimensions ask for", () => {
  expect(tensor("float32", [], Float32Array.of(1)).dims).toEqual([]);
  expect(() => tensor("float32", [2, 3], new Float32Array(7))).toThrow(
    "[2, 3] needs 6 elements, got 7",
  );
  expect(zeros("int64", [2, 2]).data).toEqual(new BigInt64Array(4));
  expect(zeros("float32", [0, 5]).data).toHaveLength(0);
});

test("a tensor's array is the one for its type", () => {
  // @ts-expect-error The compiler says so too.
  expect(() => tensor("float32", [1], new Float64Array(1))).toThrow(TypeError);
});

test("data is handed out only as what it is", () => {
  expect(dataOf(zeros("float32", [1]), "float32")).toEqual(new Float32Array(1));
  expect(() => dataOf(zeros("float32", [1]), "int64")).toThrow(/Expected a int64 tensor/);
  expect(() => dataOf(undefined, "int64")).toThrow(/there is none/);
});
