import { expect, test } from "vitest";

import { tensor } from "../tensor.ts";
import { calibrate } from "./calibrate.ts";
import { modelOf, nodeOf } from "./model-for-test.ts";

const model = modelOf({
  nodes: [nodeOf("Neg", ["x"], ["n"]), nodeOf("Relu", ["n"], ["y"])],
  inputs: { x: ["N"] },
  outputs: ["y"],
});
const batch = (...values: number[]): { x: ReturnType<typeof tensor<"float32">> } => ({
  x: tensor("float32", [values.length], Float32Array.from(values)),
});

test("extremes are those of all batches, of inputs and of values inside", () => {
  const ranges = calibrate(model, [batch(1, 2), batch(-3, 0.5)], ["x", "n", "y"], {
    percentile: 100,
  });
  expect(Object.fromEntries(ranges)).toEqual({
    x: { least: -3, most: 2 },
    n: { least: -2, most: 3 },
    y: { least: 0, most: 3 },
  });
});

test("a percentile leaves the outermost values outside, half of them at each end", () => {
  const even = Array.from({ length: 10_001 }, (_, i) => i / 10_000);
  const { least, most } = calibrate(model, [batch(...even)], ["x"], {
    percentile: 90,
  }).get("x")!;
  expect(least).toBeCloseTo(0.05, 3);
  expect(most).toBeCloseTo(0.95, 3);
  const outlier = calibrate(model, [batch(...even, 1000)], ["x"], { percentile: 99.9 }).get("x")!;
  expect(outlier.most).toBeLessThan(2);
});

test("values that are all the same have a range of nothing", () => {
  expect(calibrate(model, [batch(2, 2)], ["x"]).get("x")).toEqual({ least: 2, most: 2 });
});
