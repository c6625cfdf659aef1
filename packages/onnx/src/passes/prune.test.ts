import fc from "fast-check";
import { expect, test } from "vitest";

import { isNumeric } from "../element-type.ts";
import { PassError } from "../errors.ts";
import type { Model, ModelTensor } from "../model.ts";
import { modelOf, nodeOf, weight } from "./model-for-test.ts";
import { pruneByMagnitude } from "./prune.ts";
import { constantOf, loaded } from "./stored.ts";

const modelWith = (...initializers: ModelTensor[]): Model =>
  modelOf({
    nodes: [nodeOf("Gemm", ["x", "w", "b"], ["y"])],
    inputs: { x: ["N", 4] },
    outputs: ["y"],
    initializers,
  });

const valuesOf = (model: Model, name: string): number[] => {
  const tensor = model.graph.initializers.find((each) => each.name === name);
  if (tensor === undefined || !isNumeric(tensor)) throw new TypeError(`No ${name}`);
  return Array.from<number | bigint, number>(loaded(tensor).data, Number);
};

test("the smallest go, the others are as they were, and biases stay", () => {
  const w = constantOf("w", "float32", [3, -1, 0.5, -4, 2, -0.25], [2, 3]);
  const b = constantOf("b", "float32", [0.1, 0.2, 0.3]);
  const pruned = pruneByMagnitude(modelWith(w, b), { sparsity: 0.5 });
  expect(valuesOf(pruned.model, "w")).toEqual([3, 0, 0, -4, 2, 0]);
  expect(valuesOf(pruned.model, "b")).toEqual(valuesOf(modelWith(b), "b"));
  expect(pruned.weights).toEqual([{ name: "w", elements: 6, zeros: 3 }]);
  expect(pruned.sparsity).toBe(0.5);
});

test("among all, a tensor of small weights loses more", () => {
  const large = constantOf("w", "float32", [10, 11, 12, 13], [2, 2]);
  const small = constantOf("v", "float32", [1, 2, 3, 4], [2, 2]);
  const both = modelWith(large, small);
  const zeros = (among: "each" | "all"): number[] =>
    pruneByMagnitude(both, { sparsity: 0.5, among }).weights.map((each) => each.zeros);
  expect(zeros("each")).toEqual([2, 2]);
  expect(zeros("all")).toEqual([0, 4]);
  const named = pruneByMagnitude(both, { sparsity: 0.5, weights: ["v"] });
  expect(named.weights.map(({ name }) => name)).toEqual(["v"]);
});

test("a share is reached to the element, whatever the weights", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, sparsity) => {
        const w = constantOf("w", "float32", values, [values.length, 1]);
        const { model, weights } = pruneByMagnitude(modelWith(w), { sparsity });
        const before = values.filter((value) => value === 0).length;
        const wanted = Math.max(before, Math.floor(sparsity * values.length));
        expect(weights[0]?.zeros).toBe(wanted);
        const kept = valuesOf(model, "w");
        expect(kept.every((value, i) => value === 0 || value === values[i])).toBe(true);
      },
    ),
  );
});

test("a share is between none and all", () => {
  for (const sparsity of [-0.1, 1.1, Number.NaN]) {
    const prune = (): unknown => pruneByMagnitude(modelWith(weight("w", [2, 2])), { sparsity });
    expect(prune).toThrow(PassError);
  }
  expect(pruneByMagnitude(modelWith(), { sparsity: 0.5 }).sparsity).toBe(0);
});
