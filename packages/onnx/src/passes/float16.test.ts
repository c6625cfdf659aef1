import { describe, expect, test } from "vitest";

import { isNumeric } from "../element-type.ts";
import { encodeModel } from "../encode.ts";
import { PassError } from "../errors.ts";
import type { Attribute, Model } from "../model.ts";
import { dataOf, tensor } from "../tensor.ts";
import { toFloat16 } from "./float16.ts";
import { apart, floats, modelOf, nodeOf, runOnce, weight } from "./model-for-test.ts";
import { constantOf, loaded } from "./stored.ts";

const dense = modelOf({
  nodes: [
    nodeOf("Gemm", ["x", "w", "b"], ["h"]),
    nodeOf("Relu", ["h"], ["r"]),
    nodeOf("MatMul", ["r", "v"], ["logits"]),
    nodeOf("Softmax", ["logits"], ["y"]),
  ],
  inputs: { x: ["N", 32] },
  outputs: ["y"],
  initializers: [weight("w", [32, 64]), weight("b", [64], 2), weight("v", [64, 10], 3)],
});
const x = floats([4, 32], 8);

test("answers are near, weights take half the bytes, callers notice nothing", () => {
  const half = toFloat16(dense);
  expect(apart(dense, half, { x })).toBeLessThan(0.01);
  expect(apart(dense, half, { x })).toBeGreaterThan(0);
  expect(encodeModel(dense).length / encodeModel(half).length).toBeGreaterThan(1.8);
});

test("without keepIo callers feed and read float16", () => {
  const half = toFloat16(dense, { keepIo: false });
  const fed = tensor("float16", x.dims, Float16Array.from(x.data));
  const answered = dataOf(runOnce(half, { x: fed })["y"], "float16");
  const exact = dataOf(runOnce(dense, { x })["y"], "float32");
  expect(Math.max(...exact.map((value, i) => Math.abs(value - answered[i]!)))).toBeLessThan(0.01);
});

test("operators that are kept compute in float32", () => {
  const half = toFloat16(dense, { keepOperators: ["Softmax", "Gemm"] });
  const types = half.graph.initializers.map(({ name, dtype }) => `${name} ${dtype}`);
  expect(types.toSorted()).toEqual(["b.float32 float32", "v float16", "w.float32 float32"]);
  expect(apart(dense, half, { x })).toBeLessThan(0.01);
});

test("numbers that float16 has not become its nearest; zeros and infinities stay", () => {
  const values = [1e-12, -1e-12, 0, 1e9, -3.4e38, Infinity, -Infinity, 0.5];
  const model = modelOf({
    nodes: [nodeOf("Add", ["x", "w"], ["y"])],
    inputs: { x: [8] },
    outputs: ["y"],
    initializers: [constantOf("w", "float32", values)],
  });
  const [w] = toFloat16(model).graph.initializers.filter(isNumeric);
  expect([...loaded(w!).data]).toEqual([
    2 ** -24,
    -(2 ** -24),
    0,
    65_504,
    -65_504,
    Infinity,
    -Infinity,
    0.5,
  ]);
});

describe("what can't be float16 isn't", () => {
  // The outputs' type is said: not every operator here is described.
  const check = ({ graph, ...model }: Model): number => {
    const outputs = [{ name: "y", dtype: "float32" as const, shape: null }];
    const said = { ...model, graph: { ...graph, outputs } };
    return apart(said, toFloat16(said), { x: floats([1, 2, 4, 4]) });
  };

  test("scales of a Resize", () => {
    const model = modelOf({
      nodes: [nodeOf("Resize", ["x", "", "s"], ["y"])],
      inputs: { x: [1, 2, 4, 4] },
      outputs: ["y"],
      initializers: [constantOf("s", "float32", [1, 1, 2, 2])],
    });
    expect(check(model)).toBeLessThan(1e-3);
  });

  test("what a Range counts in", () => {
    const model = modelOf({
      nodes: [nodeOf("Range", ["from", "to", "step"], ["r"]), nodeOf("Add", ["x", "r"], ["y"])],
      inputs: { x: [1, 2, 4, 4] },
      outputs: ["y"],
      initializers: [
        constantOf("from", "float32", [0], []),
        constantOf("to", "float32", [4], []),
        constantOf("step", "float32", [1], []),
      ],
    });
    expect(check(model)).toBeLessThan(5e-3);
  });
});

test("a Cast that has become one from float16 to float16 is a copy", () => {
  const model = modelOf({
    nodes: [
      nodeOf("Cast", ["x"], ["same"], { to: 1 }),
      nodeOf("Sqrt", ["same"], ["root"]),
      nodeOf("Cast", ["root"], ["y"], { to: 1 }),
    ],
    inputs: { x: [2] },
    outputs: ["y"],
  });
  expect(toFloat16(model).graph.nodes.map(({ op }) => op)).toEqual([
    "Cast",
    "Identity",
    "Sqrt",
    "Identity",
    "Cast",
  ]);
  const feeds = { x: tensor("float32", [2], Float32Array.of(2, 9)) };
  expect(apart(model, toFloat16(model), feeds)).toBeLessThan(1e-3);
});

test("a model whose operators are of older forms is to be brought up first", () => {
  const old = modelOf({
    nodes: [nodeOf("ReduceSum", ["x"], ["y"], { axes: [0] })],
    inputs: { x: [2] },
    outputs: ["y"],
    version: 11,
  });
  expect(() => toFloat16(old)).toThrow(/operator set 11: bring it up first/);
});

test("constants, fills, casts and branches follow", () => {
  const branch = (name: string, op: string): Attribute => ({
    kind: "graph",
    value: {
      name,
      nodes: [
        nodeOf("Constant", [], [`${name}.c`], { value_float: { kind: "float", value: 2.5 } }),
        nodeOf(op, ["filled", `${name}.c`], [`${name}.y`]),
      ],
      initializers: [],
      inputs: [],
      outputs: [{ name: `${name}.y`, dtype: "float32", shape: null }],
    },
  });
  const model = modelOf({
    nodes: [
      nodeOf("Cast", ["x"], ["whole"], { to: 7 }),
      nodeOf("Cast", ["whole"], ["rounded"], { to: 1 }),
      nodeOf("ConstantOfShape", ["two"], ["zeros"]),
      nodeOf("Sum", ["x", "rounded", "zeros"], ["filled"]),
      nodeOf("If", ["yes"], ["y"], {
        then_branch: branch("then", "Mul"),
        else_branch: branch("else", "Add"),
      }),
    ],
    inputs: { x: [2] },
    outputs: ["y"],
    initializers: [constantOf("two", "int64", [2]), constantOf("yes", "bool", [1], [])],
  });
  const said = [{ name: "y", dtype: "float32" as const, shape: [2] }];
  const typed = { ...model, graph: { ...model.graph, outputs: said } };
  expect(apart(typed, toFloat16(typed), { x: floats([2]) })).toBeLessThan(0.02);
});

test("an output of unknown type is refused where callers are to notice nothing", () => {
  const model = modelOf({
    nodes: [nodeOf("Unheard", ["x"], ["y"])],
    inputs: { x: [2] },
    outputs: ["y"],
  });
  expect(() => toFloat16(model)).toThrow(PassError);
  expect(() => toFloat16(model, { keepIo: false })).not.toThrow();
});
