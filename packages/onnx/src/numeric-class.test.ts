import { expect, test } from "vitest";

import { featuresOf, numericClass } from "./numeric-class.ts";

test("the class names the runtime, the platform and CPU features", () => {
  expect(numericClass()).toMatch(/^onnxruntime \d+\.\d+\.\d+ \S+-\S+ \S+/);
  expect(numericClass()).toBe(numericClass());
});

test.each([
  ["flags\t\t: fpu sse2 avx avx2 avx512f avx512_vnni", ["avx512f", "avx512_vnni"]],
  ["processor : 0\nflags\t: fpu sse2 avx avx2 avx_vnni", ["avx2", "avx_vnni"]],
  ["flags : fpu sse2", ["sse2"]],
  ["Features\t: fp asimd asimddp i8mm", ["i8mm", "asimddp"]],
  ["Features\t: fp asimd", ["baseline"]],
  ["", ["unknown-cpu"]],
])("features of %j", (cpuInfo, features) => {
  expect(featuresOf(cpuInfo)).toEqual(features);
});
