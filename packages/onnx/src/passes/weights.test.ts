import { expect, test } from "vitest";

import { PassError } from "../errors.ts";
import { tensor } from "../tensor.ts";
import { distance, floats, modelOf, nodeOf, runOnce, weight } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";
import { inputsAsWeights, weightsAsInputs } from "./weights.ts";

const model = modelOf({
  nodes: [
    nodeOf("Gemm", ["x", "layer.w", "layer.b"], ["h"]),
    nodeOf("Reshape", ["h", "target"], ["y"]),
  ],
  inputs: { x: ["N", 4] },
  outputs: ["y"],
  initializers: [
    weight("layer.w", [4, 6]),
    weight("layer.b", [6]),
    constantOf("target", "int64", [-1, 2, 3]),
  ],
});
const x = floats([5, 4]);

test("weights as inputs compute the same, and other weights something else", () => {
  const { model: open, weights } = weightsAsInputs(model);
  expect(open.graph.inputs.map(({ name }) => name)).toEqual(["x", "layer.w", "layer.b"]);
  expect(open.graph.initializers.map(({ name }) => name)).toEqual(["target"]);
  const before = runOnce(model, { x });
  expect(runOnce(open, { x, ...weights })).toEqual(before);
  const other = runOnce(open, { x, ...weights, "layer.b": floats([6], 9) });
  expect(distance(before["y"], other["y"])).toBeGreaterThan(0.1);
});

test("there and back is the model as it was", () => {
  const { model: open, weights } = weightsAsInputs(model);
  const back = inputsAsWeights(open, weights);
  const sorted = (from: typeof model): unknown =>
    from.graph.initializers.toSorted((a, b) => a.name.localeCompare(b.name));
  expect({ ...back.graph, initializers: sorted(back) }).toEqual({
    ...model.graph,
    initializers: sorted(model),
  });
});

test("only those whose names match become inputs", () => {
  const names = (...patterns: (string | RegExp)[]): string[] =>
    Object.keys(weightsAsInputs(model, patterns).weights);
  expect(names("*.w")).toEqual(["layer.w"]);
  expect(names(/b$/)).toEqual(["layer.b"]);
  expect(names("layer.*")).toEqual(["layer.w", "layer.b"]);
  expect(names("layer")).toEqual([]);
});

test("weights that the model has no input for are refused", () => {
  const { model: open } = weightsAsInputs(model);
  const wrongShape = tensor("float32", [2], new Float32Array(2));
  const wrongType = tensor("float64", [6], new Float64Array(6));
  expect(() => inputsAsWeights(open, { "layer.b": wrongShape })).toThrow(PassError);
  expect(() => inputsAsWeights(open, { "layer.b": wrongType })).toThrow(/no float64 input/);
  expect(() => inputsAsWeights(open, { q: wrongShape })).toThrow(/no float32 input "q" \[2\]/);
});
