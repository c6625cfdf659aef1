import {
  dataOf,
  decodeModel,
  defineOperator,
  encodeModel,
  operators,
  several,
  tensor,
} from "@groundswell/onnx";
import { expect, test } from "vitest";

import { graphDefOf, modelOf } from "./emission.ts";
import { GraphError } from "./errors.ts";
import { evaluate } from "./gradcheck.ts";
import { createGraph } from "./graph.ts";

test("the same operator on the same values is one node, equal constants one value", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  expect(g.mul(g.exp(x), 2)).toBe(g.mul(g.exp(x), 2));
  expect(g.nodes).toHaveLength(2);
  expect(g.constant(0, "float32")).not.toBe(g.constant(-0, "float32"));
  expect(() => g.constant([1, 2, 3], "float32", [2])).toThrow(GraphError);
  expect(g.constant([1, 2], "int64")).not.toBe(g.constant([1, 2], "int32"));
});

test("errors name the operator and the shapes", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 3]);
  const w = g.input("w", "float32", [4, 2]);
  expect(() => g.gemm(x, w)).toThrow("Gemm([N, 3], [4, 2]): The inner sizes differ");
  expect(() => g.input("x", "float32", [])).toThrow(GraphError);
  expect(() => g.add(x, g.cast(w, "float64"))).toThrow(GraphError);
  expect(() => g.add(1, 2)).toThrow(GraphError);
  expect(() => g.reduceSum(x, { axes: [2] })).toThrow(/Axis 2 of a tensor with 2 axes/);
  expect(() => g.slice(x, 2, 0)).toThrow(/Axis 2 of a tensor with 2 axes/);
  expect(() => g.reshape(x, ["N", 4])).toThrow(/no such reshape/);
  expect(() => g.reshape(x, ["R", "Q", 3])).toThrow(/doesn't follow/);
  expect(() => g.transpose(x, [0, 0])).toThrow(/no order of 2 axes/);
});

test("symbolic sizes flatten and unflatten", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 5, 4]);
  const flat = g.flatten2(x);
  expect(flat.shape).toEqual(["5*N", 4]);
  expect(g.reshape(flat, ["N", 5, 4]).shape).toEqual(["N", 5, 4]);
});

test("a model has only the nodes its outputs need, and outputs may be anything", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  g.exp(x);
  const y = g.neg(x);
  const outputs = { y, again: y, input: x, constant: g.constant([7], "float32") };
  const def = graphDefOf(g, { name: "g", inputs: [x], outputs });
  expect(def.nodes.map((node) => node.op)).toEqual(["Neg", "Identity", "Identity", "Identity"]);
  const feeds = { x: tensor("float32", [2], Float32Array.of(1, 2)) };
  const answered = evaluate(g, [x], feeds, outputs);
  expect([...dataOf(answered["again"], "float32")]).toEqual([-1, -2]);
  expect([...dataOf(answered["input"], "float32")]).toEqual([1, 2]);
  expect([...dataOf(answered["constant"], "float32")]).toEqual([7]);
});

test("an input that isn't declared is an error, not a missing name in the model", () => {
  const g = createGraph();
  const x = g.input("x", "float32", []);
  expect(() => graphDefOf(g, { name: "g", inputs: [], outputs: { y: g.neg(x) } })).toThrow(
    GraphError,
  );
});

test("only optional outputs that nobody reads are left out of the model", () => {
  const MaxPool = defineOperator({
    name: "MaxPool",
    attributes: { kernel_shape: { kind: "ints", fallback: undefined } },
    shape: (_, { inputs: [{ dtype }] }) =>
      several([
        { shape: [1, 1, 2], dtype },
        { shape: [1, 1, 2], dtype: "int64", optional: true },
      ]),
  });
  const g = createGraph();
  const x = g.input("x", "float32", [1, 1, 3]);
  const [y = x, indices = x] = g.emitAll(MaxPool, [x], { kernel_shape: [2] });
  const [first = x] = g.split(y, 2, [1, 1]);
  const def = graphDefOf(g, { name: "g", inputs: [x], outputs: { first } });
  expect(def.nodes.map((node) => node.outputs.length)).toEqual([1, 2]);

  const feeds = { x: tensor("float32", [1, 1, 3], Float32Array.of(1, 3, 2)) };
  const answered = evaluate(g, [x], feeds, { first, indices });
  expect([...dataOf(answered["first"], "float32")]).toEqual([3]);
  expect([...dataOf(answered["indices"], "int64")]).toEqual([1n, 1n]);
});

test("attributes are held against the operator's kinds", () => {
  const g = createGraph();
  const x = g.input("x", "float32", [3]);
  expect(() => g.emit(operators.Cast, [x])).toThrow(/Cast with to/);
  expect(() => g.emit(operators.Softmax, [x], { axis: 0, other: 1 })).toThrow(
    /no attribute "other"/,
  );
  expect(() => g.emit(operators.Softmax, [x], { axis: "0" })).toThrow(/Softmax with axis/);
});

test("a model decodes to what was emitted", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 3]);
  const model = modelOf(graphDefOf(g, { name: "g", inputs: [x], outputs: { y: g.softmax(x) } }));
  expect(decodeModel(encodeModel(model))).toEqual(model);
});
