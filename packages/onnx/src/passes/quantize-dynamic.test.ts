import { describe, expect, test } from "vitest";

import { encodeModel } from "../encode.ts";
import type { Model, ModelTensor, NodeDef } from "../model.ts";
import { dataOf, tensor } from "../tensor.ts";
import { apart, distance, floats, modelOf, nodeOf, runOnce, weight } from "./model-for-test.ts";
import type { Written } from "./model-for-test.ts";
import { quantizeDynamic } from "./quantize-dynamic.ts";

const float = (value: number): Written[string] => ({ kind: "float", value });

interface Case {
  readonly op: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly bias?: number;
  readonly attributes?: Written;
}

const CASES: readonly Case[] = [
  { op: "MatMul", x: [5, 32], w: [32, 12] },
  { op: "MatMul", x: [2, 3, 32], w: [32, 12] },
  { op: "Gemm", x: [5, 32], w: [32, 12] },
  { op: "Gemm", x: [5, 32], w: [12, 32], bias: 12, attributes: { transB: 1 } },
  {
    op: "Gemm",
    x: [5, 20],
    w: [20, 20],
    bias: 20,
    attributes: { transB: 1, alpha: float(0.5), beta: float(2) },
  },
  { op: "Conv", x: [2, 8, 6, 6], w: [6, 8, 3, 3], bias: 6, attributes: { pads: [1, 1, 1, 1] } },
  { op: "Conv", x: [2, 8, 9], w: [6, 4, 3], attributes: { group: 2, strides: [2] } },
];

function single({ op, x, w, bias, attributes }: Case): Model {
  return modelOf({
    nodes: [nodeOf(op, bias ? ["x", "w", "b"] : ["x", "w"], ["y"], attributes ?? {})],
    inputs: { x: ["N", ...x.slice(1)] },
    outputs: ["y"],
    initializers: [weight("w", w, 2), ...(bias ? [weight("b", [bias], 3)] : [])],
  });
}

const bytesOf = (model: Model): number => encodeModel(model).length;
const ops = (model: Model): string[] => model.graph.nodes.map(({ op }: NodeDef) => op);

describe("products in whole numbers are near those of floats", () => {
  for (const tried of CASES) {
    test(`${tried.op} ${JSON.stringify(tried)}`, () => {
      const model = single(tried);
      const all = { minElements: 1, convolutions: true };
      const small = quantizeDynamic(model, all);
      expect(ops(small)).toContain(tried.op === "Conv" ? "ConvInteger" : "MatMulInteger");
      expect(small.graph.initializers.some(({ name }) => name === "w")).toBe(false);
      const x = floats(tried.x);
      const largest = Math.max(...dataOf(runOnce(model, { x })["y"], "float32").map(Math.abs));
      expect(apart(model, small, { x })).toBeLessThan(0.02 * largest);
      const coarse = quantizeDynamic(model, { ...all, sevenBits: true });
      expect(apart(model, coarse, { x })).toBeLessThan(0.03 * largest);
    });
  }
});

test("a table keeps a scale for each row", () => {
  const table = weight("w", [50, 16]);
  const model: Model = modelOf({
    nodes: [nodeOf("Gather", ["w", "i"], ["y"])],
    inputs: {},
    outputs: ["y"],
    initializers: [table],
  });
  const open = {
    ...model,
    graph: { ...model.graph, inputs: [{ name: "i", dtype: "int64" as const, shape: ["N", 2] }] },
  };
  const i = tensor("int64", [2, 2], BigInt64Array.of(3n, 0n, 49n, 3n));
  const [exact, near] = [open, quantizeDynamic(open)].map((each) => runOnce(each, { i })["y"]);
  expect(distance(exact, near)).toBeLessThan(3 / 127 / 2 + 1e-6);
  expect(distance(exact, near)).toBeGreaterThan(0);
});

const dense = (op: string, from: string, to: string, name: string): NodeDef =>
  nodeOf(op, [from, name], [to]);

test("one input of several products is quantised once, a weight of several products too", () => {
  const model = modelOf({
    nodes: [
      dense("MatMul", "x", "q", "w"),
      dense("MatMul", "x", "k", "v"),
      dense("MatMul", "x", "p", "w"),
      nodeOf("Sum", ["q", "k", "p"], ["y"]),
    ],
    inputs: { x: ["N", 32] },
    outputs: ["y"],
    initializers: [weight("w", [32, 16]), weight("v", [32, 16], 2)],
  });
  const small = quantizeDynamic(model);
  expect(ops(small).filter((op) => op === "DynamicQuantizeLinear")).toHaveLength(1);
  expect(small.graph.initializers).toHaveLength(4);
});

test("a model of large matrices is a quarter as large", () => {
  const sides = ["a", "b", "c"];
  const model = modelOf({
    nodes: sides.map((name, i) => dense("MatMul", i === 0 ? "x" : `h${i - 1}`, `h${i}`, name)),
    inputs: { x: ["N", 128] },
    outputs: ["h2"],
    initializers: sides.map((name, i) => weight(name, [128, 128], i)),
  });
  const ratio = bytesOf(model) / bytesOf(quantizeDynamic(model));
  expect(ratio).toBeGreaterThan(3.7);
});

describe("a weight stays as it is", () => {
  const initializers: readonly ModelTensor[] = [weight("w", [32, 12])];
  const plain = modelOf({
    nodes: [dense("MatMul", "x", "y", "w")],
    inputs: { x: ["N", 32] },
    outputs: ["y"],
    initializers,
  });

  test("where it is small or not named", () => {
    expect(quantizeDynamic(plain, { minElements: 1000 })).toEqual(plain);
    expect(quantizeDynamic(plain, { weights: ["encoder.*"] })).toEqual(plain);
    expect(quantizeDynamic(plain, { weights: ["w"] })).not.toEqual(plain);
  });

  test("where it convolves, unless asked", () => {
    const convolving = single(CASES.at(-1)!);
    expect(quantizeDynamic(convolving, { minElements: 1 })).toEqual(convolving);
  });

  test("where the runtime has no product of whole numbers for it", () => {
    const turned = modelOf({
      nodes: [nodeOf("Gemm", ["x", "w"], ["y"], { transA: 1 })],
      inputs: { x: [32, "N"] },
      outputs: ["y"],
      initializers,
    });
    expect(quantizeDynamic(turned)).toEqual(turned);
    const left = modelOf({
      nodes: [nodeOf("MatMul", ["w", "x"], ["y"])],
      inputs: { x: [12, "N"] },
      outputs: ["y"],
      initializers,
    });
    expect(quantizeDynamic(left)).toEqual(left);
  });
});
