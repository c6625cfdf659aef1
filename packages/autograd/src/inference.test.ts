import { dataOf, decodeModel, openSession, PassError, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { foldParameters, inferenceModel } from "./inference.ts";

const model = inferenceModel({
  parameters: [
    { name: "w", shape: [3, 2] },
    { name: "b", shape: [2] },
  ],
  inputs: [{ name: "x", dtype: "float32", shape: ["N", 3] }],
  build: (g, { w, b }, { x: rows }) => ({ probabilities: g.softmax(g.gemm(rows, w, b)) }),
});

const weights = {
  w: tensor("float32", [3, 2], Float32Array.of(1, -1, 2, 0, 0, 1)),
  b: tensor("float32", [2], Float32Array.of(0, 1)),
};
const x = tensor("float32", [1, 3], Float32Array.of(1, 2, 3));

test("parameters are inputs, and other ones give another answer", () => {
  const session = openSession(model);
  const first = dataOf(session.run({ x, ...weights })["probabilities"], "float32");
  // logits 5 and 3
  expect(first[0]).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  const b = tensor("float32", [2], Float32Array.of(0, 3));
  expect(dataOf(session.run({ x, ...weights, b })["probabilities"], "float32")[0]).toBe(0.5);
  session.close();
});

test("folded in, the model stands alone and answers the same bits", () => {
  const alone = openSession(foldParameters(model, weights));
  const session = openSession(model);
  expect(alone.inputs).toEqual(["x"]);
  expect(alone.run({ x })["probabilities"]).toEqual(
    session.run({ x, ...weights })["probabilities"],
  );
  alone.close();
  session.close();
});

test("some parameters may stay inputs", () => {
  const { graph } = decodeModel(foldParameters(model, { w: weights.w }));
  expect(graph.inputs.map(({ name }) => name)).toEqual(["b", "x"]);
  expect(graph.initializers.map(({ name }) => name)).toEqual(["w"]);
});

test("values that the model has no input for are refused", () => {
  const wrongShape = tensor("float32", [2, 3], new Float32Array(6));
  const wrongType = tensor("float64", [2], new Float64Array(2));
  expect(() => foldParameters(model, { w: wrongShape })).toThrow(PassError);
  expect(() => foldParameters(model, { b: wrongType })).toThrow(PassError);
  expect(() => foldParameters(model, { q: weights.b })).toThrow(/no float32 input "q"/);
});

test("a model says of itself what it was told to", () => {
  const metadata = { trained_on: "feedback of 2026", licence: "none of yours" };
  const bytes = inferenceModel({
    parameters: [],
    inputs: [{ name: "x", dtype: "float32", shape: ["N"] }],
    build: (g, _, { x: input }) => ({ y: g.neg(input) }),
    metadata,
  });
  expect(decodeModel(bytes).metadata).toEqual(metadata);
  expect(decodeModel(model).metadata).toBeUndefined();
});
