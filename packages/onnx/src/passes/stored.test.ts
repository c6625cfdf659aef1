import { expect, test } from "vitest";

import { decodeModel } from "../decode.ts";
import { isNumeric } from "../element-type.ts";
import { encodeModel } from "../encode.ts";
import { modelOf, nodeOf, weight } from "./model-for-test.ts";
import { constantNodeValue, loaded, stored } from "./stored.ts";

test("elements come back wherever they lie in the file", () => {
  const weights = ["a", "ab", "abc", "abcd"].map((name) => weight(name, [3]));
  const model = modelOf({ nodes: [], inputs: {}, outputs: [], initializers: weights });
  // A file that was read is a Buffer, and its tensors lie at any offset.
  const read = decodeModel(Buffer.from(encodeModel(model)));
  const bytes = read.graph.initializers.filter(isNumeric);
  expect(bytes.map((tensor) => loaded(tensor).data)).toEqual(
    weights.filter(isNumeric).map((tensor) => loaded(tensor).data),
  );
  expect(bytes.every((tensor) => stored(tensor.name, loaded(tensor)).bytes.length === 12)).toBe(
    true,
  );
});

test("a Constant node may hold its numbers in five ways", () => {
  const dataOf = (attributes: Parameters<typeof nodeOf>[3]): unknown => {
    const value = constantNodeValue(nodeOf("Constant", [], ["c"], attributes));
    return value && { name: value.name, dims: value.dims, data: [...loaded(value).data] };
  };
  expect(dataOf({ value_int: 3 })).toEqual({ name: "c", dims: [], data: [3n] });
  expect(dataOf({ value_ints: [3, 4] })).toEqual({ name: "c", dims: [2], data: [3n, 4n] });
  expect(dataOf({ value_float: 0.5 })).toEqual({ name: "c", dims: [], data: [0.5] });
  expect(dataOf({ value_floats: { kind: "floats", value: [0.5, 1] } })).toEqual({
    name: "c",
    dims: [2],
    data: [0.5, 1],
  });
  expect(dataOf({ value: { kind: "tensor", value: weight("w", [0]) } })).toEqual({
    name: "c",
    dims: [0],
    data: [],
  });
  expect(dataOf({ value_string: "text" })).toBeUndefined();
});
