import { expect, test } from "vitest";

import { encodeModel } from "../encode.ts";
import { PassError } from "../errors.ts";
import type { Model } from "../model.ts";
import { dataOf } from "../tensor.ts";
import { apart, floats, modelOf, nodeOf, runOnce, weight } from "./model-for-test.ts";
import { quantizeStatic } from "./quantize-static.ts";

/** A small convolutional net with a residual sum, and a head that answers floats. */
const net = modelOf({
  nodes: [
    nodeOf("Conv", ["x", "w1", "b1"], ["c1"], { pads: [1, 1, 1, 1] }),
    nodeOf("Relu", ["c1"], ["r1"]),
    nodeOf("Conv", ["r1", "w2", "b2"], ["c2"], { pads: [1, 1, 1, 1] }),
    nodeOf("Add", ["c2", "r1"], ["sum"]),
    nodeOf("MaxPool", ["sum"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }),
    nodeOf("Flatten", ["p"], ["f"]),
    nodeOf("Gemm", ["f", "w3", "b3"], ["g"], { transB: 1 }),
    nodeOf("Relu", ["g"], ["h"]),
    nodeOf("MatMul", ["h", "w4"], ["y"]),
  ],
  inputs: { x: ["N", 3, 8, 8] },
  outputs: ["y"],
  initializers: [
    weight("w1", [8, 3, 3, 3], 1),
    weight("b1", [8], 2),
    weight("w2", [8, 8, 3, 3], 3),
    weight("b2", [8], 4),
    weight("w3", [32, 128], 5),
    weight("b3", [32], 6),
    weight("w4", [32, 10], 7),
  ],
});
const batches = [1, 2, 3, 4].map((seed) => ({ x: floats([8, 3, 8, 8], seed) }));
const x = floats([8, 3, 8, 8], 9);

const relativeError = (before: Model, after: Model): number => {
  const largest = Math.max(...dataOf(runOnce(before, { x })["y"], "float32").map(Math.abs));
  return apart(before, after, { x }) / largest;
};

test("what comes out is near, in bytes a quarter", () => {
  const small = quantizeStatic(net, batches, { minElements: 1 });
  expect(relativeError(net, small)).toBeLessThan(0.05);
  const ratio = encodeModel(net).length / encodeModel(small).length;
  expect(ratio).toBeGreaterThan(2);
});

test("every weight is int8, every bias int32, and the answer stays a float", () => {
  const { graph } = quantizeStatic(net, batches, { minElements: 1 });
  const typesOf = (name: RegExp): string[] =>
    graph.initializers.filter((tensor) => name.test(tensor.name)).map(({ dtype }) => dtype);
  expect(typesOf(/^w\d\.int8$/)).toEqual(["int8", "int8", "int8", "int8"]);
  expect(typesOf(/^b\d\.int32$/)).toEqual(["int32", "int32", "int32"]);
  expect(typesOf(/^[wb]\d$/)).toEqual([]);
  expect(graph.nodes.at(-1)?.outputs).toEqual(["y"]);
});

test("ranges that fit the data are nearer than ranges that are too wide", () => {
  const wide = batches.map(({ x: { dims, data } }) => ({
    x: { dtype: "float32" as const, dims, data: data.map((value) => value * 20) },
  }));
  const right = relativeError(net, quantizeStatic(net, batches));
  expect(right * 3).toBeLessThan(relativeError(net, quantizeStatic(net, wide)));
});

test("weights that aren't named, or are small, stay floats", () => {
  const { graph } = quantizeStatic(net, batches, { weights: ["w2"] });
  const kept = graph.initializers.filter(({ name }) => /^w\d$/.test(name));
  expect(kept.map(({ name }) => name)).toEqual(["w1", "w3", "w4"]);
  expect(quantizeStatic(net, batches, { minElements: 1e6 })).toEqual(net);
});

test("without data there are no ranges", () => {
  expect(() => quantizeStatic(net, [])).toThrow(PassError);
});
