import fc from "fast-check";
import { expect, test } from "vitest";

import { arbitraryModel } from "../arbitrary-model.ts";
import { decodeModel } from "../decode.ts";
import { encodeModel } from "../encode.ts";
import type { Attribute } from "../model.ts";
import { removeDeadCode } from "./dead-code.ts";
import { apart, floats, modelOf, nodeOf, weight } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";

test("what no output depends on goes, with the weights that only it read", () => {
  const model = modelOf({
    nodes: [
      nodeOf("Add", ["x", "w"], ["a"]),
      nodeOf("Mul", ["a", "unused.w"], ["unused"]),
      nodeOf("Relu", ["unused"], ["unused.too"]),
      nodeOf("Split", ["a"], ["y", "half"], { axis: 1, num_outputs: 2 }),
    ],
    inputs: { x: ["N", 4], idle: [1] },
    outputs: ["y"],
    initializers: [weight("w", [4]), weight("unused.w", [4]), weight("never", [2])],
  });
  const { graph } = removeDeadCode(model);
  expect(graph.nodes.map(({ op }) => op)).toEqual(["Add", "Split"]);
  expect(graph.initializers.map(({ name }) => name)).toEqual(["w"]);
  expect(graph.inputs.map(({ name }) => name)).toEqual(["x", "idle"]);
  expect(apart(model, removeDeadCode(model), { x: floats([2, 4]), idle: floats([1]) })).toBe(0);
});

test("what a branch reads from outside is alive, what is dead in a branch is not", () => {
  const branch = (name: string, op: string): Attribute => ({
    kind: "graph",
    value: {
      name,
      nodes: [
        nodeOf(op, ["outside"], [`${name}.y`]),
        nodeOf("Neg", [`${name}.y`], [`${name}.dead`]),
      ],
      initializers: [],
      inputs: [],
      outputs: [{ name: `${name}.y`, dtype: null, shape: null }],
    },
  });
  const model = modelOf({
    nodes: [
      nodeOf("Exp", ["x"], ["outside"]),
      nodeOf("If", ["yes"], ["y"], {
        then_branch: branch("then", "Relu"),
        else_branch: branch("else", "Neg"),
      }),
    ],
    inputs: { x: [3] },
    outputs: ["y"],
    initializers: [constantOf("yes", "bool", [1], [])],
  });
  const after = removeDeadCode(model);
  expect(after.graph.nodes).toHaveLength(2);
  const inner = after.graph.nodes[1]?.attributes["then_branch"];
  expect(inner?.kind === "graph" && inner.value.nodes.length).toBe(1);
  expect(apart(model, after, { x: floats([3]) })).toBe(0);
});

test("whatever the model, once is enough, and it can still be written", () => {
  fc.assert(
    fc.property(arbitraryModel, (model) => {
      const once = removeDeadCode(model);
      expect(removeDeadCode(once)).toEqual(once);
      expect(decodeModel(encodeModel(once))).toEqual(once);
    }),
    { numRuns: 50 },
  );
});
