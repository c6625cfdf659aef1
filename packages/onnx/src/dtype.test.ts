import { expect, test } from "vitest";

import {
  allocate,
  dtypeOfOnnxCode,
  dtypeOfSafetensorsTag,
  DTYPES,
  elementsFrom,
  elementSize,
  holds,
  isFloat,
  onnxCode,
  safetensorsTag,
} from "./dtype.ts";

test.each(DTYPES)("%s keeps its names, its array and its size together", (dtype) => {
  expect(dtypeOfOnnxCode(onnxCode(dtype))).toBe(dtype);
  expect(dtypeOfSafetensorsTag(safetensorsTag(dtype))).toBe(dtype);
  const elements = elementsFrom(dtype, [0, 1, 1n]);
  expect(holds(dtype, elements)).toBe(true);
  expect(Array.from<number | bigint, number>(elements, Number)).toEqual([0, 1, 1]);
  expect(allocate(dtype, 3).byteLength).toBe(3 * elementSize(dtype));
});

test("no two types share a number or a tag", () => {
  expect(new Set(DTYPES.map(onnxCode)).size).toBe(DTYPES.length);
  expect(new Set(DTYPES.map(safetensorsTag)).size).toBe(DTYPES.length);
  expect(DTYPES.filter(isFloat)).toEqual(["float32", "float16", "float64"]);
});
