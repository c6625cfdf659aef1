import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Attribute, NodeDef } from "../model.ts";
import { foldConstants } from "./fold-constants.ts";
import { apart, floats, modelOf, nodeOf, weight } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";

const ops = (model: ReturnType<typeof modelOf>): string[] => model.graph.nodes.map(({ op }) => op);

test("what reads constants only is computed ahead", () => {
  const model = modelOf({
    nodes: [
      nodeOf("Constant", [], ["c"], { value_float: { kind: "float", value: 0.5 } }),
      nodeOf("Mul", ["w", "c"], ["half"]),
      nodeOf("Transpose", ["half"], ["turned"], { perm: [1, 0] }),
      nodeOf("MatMul", ["x", "turned"], ["y"]),
    ],
    inputs: { x: ["N", 3] },
    outputs: ["y"],
    initializers: [weight("w", [4, 3])],
  });
  const folded = foldConstants(model);
  expect(ops(folded)).toEqual(["MatMul"]);
  expect(folded.graph.initializers.map(({ name }) => name)).toEqual(["turned"]);
  expect(apart(model, folded, { x: floats([2, 3]) })).toBe(0);
});

test("sizes that follow from the inputs' shapes are written down, others stay", () => {
  const rows = [
    nodeOf("Shape", ["x"], ["shape"]),
    nodeOf("Gather", ["shape", "one"], ["size"]),
    nodeOf("Concat", ["minus", "size"], ["target"], { axis: 0 }),
    nodeOf("Reshape", ["x", "target"], ["y"]),
  ];
  const sketch = {
    nodes: rows,
    outputs: ["y"],
    initializers: [constantOf("one", "int64", [1]), constantOf("minus", "int64", [-1])],
  };
  const known = modelOf({ ...sketch, inputs: { x: [2, 3, 2] } });
  expect(ops(foldConstants(known))).toEqual(["Reshape"]);
  expect(apart(known, foldConstants(known), { x: floats([2, 3, 2]) })).toBe(0);

  const open = modelOf({ ...sketch, inputs: { x: ["N", "M", 2] } });
  expect(ops(foldConstants(open))).toEqual(["Shape", "Gather", "Concat", "Reshape"]);
});

test("a constant may be an output", () => {
  const model = modelOf({
    nodes: [nodeOf("Neg", ["w"], ["y"]), nodeOf("Neg", ["x"], ["z"])],
    inputs: { x: [2] },
    outputs: ["y", "z"],
    initializers: [weight("w", [3])],
  });
  expect(ops(foldConstants(model))).toEqual(["Neg"]);
  expect(apart(model, foldConstants(model), { x: floats([2]) })).toBe(0);
});

test("copies go, and values keep the names that callers know", () => {
  const model = modelOf({
    nodes: [
      nodeOf("Identity", ["x"], ["a"]),
      nodeOf("Neg", ["a"], ["b"]),
      nodeOf("Identity", ["b"], ["c"]),
      nodeOf("Relu", ["c"], ["d"]),
      nodeOf("Identity", ["c"], ["y"]),
      nodeOf("Identity", ["b"], ["z"]),
      nodeOf("Identity", ["x"], ["same"]),
    ],
    inputs: { x: [2] },
    outputs: ["y", "z", "d", "same"],
  });
  const folded = foldConstants(model);
  expect(ops(folded)).toEqual(["Neg", "Relu", "Identity", "Identity"]);
  expect(apart(model, folded, { x: floats([2]) })).toBe(0);
});

test("chance, defaults of inputs and what would grow too large are left alone", () => {
  const model = modelOf({
    nodes: [
      nodeOf("RandomNormalLike", ["w"], ["noise"], { dtype: 1 }),
      nodeOf("Neg", ["default"], ["n"]),
      nodeOf("Expand", ["w", "wide"], ["large"]),
      nodeOf("Sum", ["x", "noise", "n", "large"], ["y"]),
    ],
    inputs: { x: [1, 2], default: [1, 2] },
    outputs: ["y"],
    initializers: [
      weight("w", [1, 2]),
      weight("default", [1, 2]),
      constantOf("wide", "int64", [300, 2]),
    ],
  });
  expect(ops(foldConstants(model, { maxBytes: 2000 }))).toEqual(ops(model));
  expect(ops(foldConstants(model))).toEqual(["RandomNormalLike", "Neg", "Sum"]);
});

test("a quantised weight is not made large again", () => {
  const model = modelOf({
    nodes: [
      nodeOf("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
      nodeOf("MatMul", ["x", "d"], ["y"]),
    ],
    inputs: { x: [2, 3] },
    outputs: ["y"],
    initializers: [
      constantOf("q", "int8", [1, 2, 3, -4, 5, -6], [3, 2]),
      constantOf("scale", "float32", [0.1], []),
      constantOf("zero", "int8", [0], []),
    ],
  });
  const folded = foldConstants(model);
  expect(folded.graph.initializers.find(({ name }) => name === "q")?.dtype).toBe("int8");
  expect(ops(folded)).toEqual(ops(model));
  expect(apart(model, folded, { x: floats([2, 3]) })).toBe(0);
});

describe("a condition that never changes", () => {
  const branch = (nodes: readonly NodeDef[], output: string): Attribute => ({
    kind: "graph",
    value: {
      name: "branch",
      nodes,
      initializers: [weight("inner.w", [2])],
      inputs: [],
      outputs: [{ name: output, dtype: null, shape: null }],
    },
  });
  const choosing = (rank: number): ReturnType<typeof modelOf> =>
    modelOf({
      nodes: [
        nodeOf("Shape", ["x"], ["shape"]),
        nodeOf("Shape", ["shape"], ["rank"]),
        nodeOf("Equal", ["rank", "two"], ["flat"]),
        nodeOf("If", ["flat"], ["chosen"], {
          then_branch: branch([nodeOf("Add", ["x", "inner.w"], ["inner"])], "inner"),
          else_branch: branch([nodeOf("Neg", ["x"], ["inner"])], "inner.w"),
        }),
        nodeOf("Relu", ["chosen"], ["y"]),
      ],
      inputs: { x: rank === 2 ? ["N", 2] : [1, "N", 2] },
      outputs: ["y"],
      initializers: [constantOf("two", "int64", [2])],
    });

  test("leaves the branch that is taken", () => {
    const folded = foldConstants(choosing(2));
    expect(ops(folded)).toEqual(["Add", "Relu"]);
    expect(apart(choosing(2), folded, { x: floats([3, 2]) })).toBe(0);
  });

  test("which may answer a constant of its own", () => {
    const folded = foldConstants(choosing(3));
    expect(ops(folded)).toEqual([]);
    expect(apart(choosing(3), folded, { x: floats([1, 3, 2]) })).toBe(0);
  });
});

test("bodies are folded too, and read what was folded outside", () => {
  const body: Attribute = {
    kind: "graph",
    value: {
      name: "body",
      nodes: [
        nodeOf("Exp", ["doubled"], ["inner.constant"]),
        nodeOf("Add", ["sum", "inner.constant"], ["next"]),
        nodeOf("Identity", ["going"], ["on"]),
      ],
      initializers: [],
      inputs: [
        { name: "i", dtype: "int64", shape: [] },
        { name: "going", dtype: "bool", shape: [] },
        { name: "sum", dtype: "float32", shape: [2] },
      ],
      outputs: [
        { name: "on", dtype: "bool", shape: [] },
        { name: "next", dtype: "float32", shape: [2] },
      ],
    },
  };
  const model = modelOf({
    nodes: [
      nodeOf("Add", ["w", "w"], ["doubled"]),
      nodeOf("Loop", ["times", "", "x"], ["y"], { body }),
    ],
    inputs: { x: [2] },
    outputs: ["y"],
    initializers: [weight("w", [2]), constantOf("times", "int64", [3], [])],
  });
  const folded = foldConstants(model);
  expect(ops(folded)).toEqual(["Loop"]);
  const inner = folded.graph.nodes[0]?.attributes["body"];
  expect(inner?.kind === "graph" && inner.value.nodes.map(({ op }) => op)).toEqual([
    "Add",
    "Identity",
  ]);
  expect(apart(model, folded, { x: floats([2]) })).toBe(0);
});

test("any graph of constants and inputs answers the same bits, with no more nodes", () => {
  const graphs = fc.array(
    fc.record({
      op: fc.constantFrom("Add", "Mul", "Neg", "Relu", "Max"),
      from: fc.tuple(fc.nat(), fc.nat()),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(graphs, fc.nat(), (steps, output) => {
      const names = ["x", "w", "v"];
      const nodes = steps.map(({ op, from }, index) => {
        const read = from.map((at) => names[at % names.length] ?? "x");
        const name = `n${index}`;
        names.push(name);
        const unary = op === "Neg" || op === "Relu";
        return nodeOf(op, unary ? read.slice(0, 1) : read, [name]);
      });
      const model = modelOf({
        nodes,
        inputs: { x: ["N", 3] },
        outputs: [...new Set([`n${output % steps.length}`, `n${steps.length - 1}`])],
        initializers: [weight("w", [3]), weight("v", [1, 1], 2)],
      });
      const folded = foldConstants(model);
      expect(folded.graph.nodes.length).toBeLessThanOrEqual(nodes.length);
      expect(folded.graph.nodes.every(({ inputs }) => !inputs.every((n) => n === "w"))).toBe(true);
      expect(apart(model, folded, { x: floats([2, 3]) })).toBe(0);
    }),
    { numRuns: 40 },
  );
});
