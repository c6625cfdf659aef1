import { describe, expect, test } from "vitest";

import type { Model, ModelTensor, NodeDef } from "../model.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { apart, floats, modelOf, nodeOf, weight } from "./model-for-test.ts";
import type { Written } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";

interface Case {
  readonly op: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly channels: number;
  readonly bias?: readonly number[];
  readonly attributes?: Written;
}

const CASES: readonly Case[] = [
  { op: "Conv", x: [2, 3, 5, 5], w: [4, 3, 3, 3], channels: 4 },
  { op: "Conv", x: [2, 3, 5, 5], w: [4, 3, 3, 3], channels: 4, bias: [4] },
  { op: "Conv", x: [2, 4, 6], w: [6, 2, 3], channels: 6, bias: [6], attributes: { group: 2 } },
  { op: "ConvTranspose", x: [2, 3, 4, 4], w: [3, 5, 2, 2], channels: 5, bias: [5] },
  { op: "ConvTranspose", x: [2, 4, 4], w: [4, 3, 2], channels: 6, attributes: { group: 2 } },
  { op: "Gemm", x: [3, 4], w: [4, 5], channels: 5 },
  { op: "Gemm", x: [3, 4], w: [4, 5], channels: 5, bias: [1, 5] },
  { op: "Gemm", x: [3, 4], w: [4, 5], channels: 5, bias: [] },
  {
    op: "Gemm",
    x: [3, 4],
    w: [5, 4],
    channels: 5,
    bias: [5],
    attributes: {
      transB: 1,
      alpha: { kind: "float", value: 0.5 },
      beta: { kind: "float", value: 2 },
    },
  },
];

const statistics = (channels: number): ModelTensor[] => [
  weight("scale", [channels], 5),
  weight("shift", [channels], 6),
  weight("mean", [channels], 7),
  constantOf(
    "variance",
    "float32",
    Array.from({ length: channels }, (_, i) => 0.2 + i),
  ),
];

const NORM = ["h", "scale", "shift", "mean", "variance"];

function normalised(
  { op, x, w, channels, bias, attributes }: Case,
  more: readonly NodeDef[] = [],
): Model {
  const inputs = bias === undefined ? ["x", "w"] : ["x", "w", "b"];
  return modelOf({
    nodes: [
      nodeOf(op, inputs, ["h"], attributes ?? {}),
      nodeOf("BatchNormalization", NORM, ["n"], { epsilon: { kind: "float", value: 0.01 } }),
      nodeOf("Relu", ["n"], ["y"]),
      ...more,
    ],
    inputs: { x: ["N", ...x.slice(1)] },
    outputs: ["y", ...more.flatMap(({ outputs }) => outputs)],
    initializers: [
      weight("w", w, 2),
      ...(bias ? [weight("b", bias, 3)] : []),
      ...statistics(channels),
    ],
  });
}

describe("the normalisation goes into the operator before it", () => {
  for (const tried of CASES) {
    const attributes = JSON.stringify(tried.attributes ?? {});
    test(`${tried.op} ${JSON.stringify(tried.w)} bias ${tried.bias?.length} ${attributes}`, () => {
      const model = normalised(tried);
      const folded = foldBatchNorm(model);
      expect(folded.graph.nodes.map(({ op }) => op)).toEqual([tried.op, "Relu"]);
      expect(folded.graph.initializers).toHaveLength(2);
      expect(apart(model, folded, { x: floats(tried.x) })).toBeLessThan(2e-5);
    });
  }
});

describe("it stays where it is", () => {
  const [conv] = CASES as readonly [Case];
  const kept = (model: Model): boolean =>
    foldBatchNorm(model).graph.nodes.some(({ op }) => op === "BatchNormalization");

  test("where something else reads what it normalises", () => {
    expect(kept(normalised(conv, [nodeOf("Neg", ["h"], ["z"])]))).toBe(true);
  });

  test("in training, or with statistics that are fed", () => {
    const model = normalised(conv);
    const training = model.graph.nodes.map((node) =>
      node.op === "BatchNormalization"
        ? nodeOf(node.op, NORM, ["n", "m", "v"], { training_mode: 1 })
        : node,
    );
    expect(kept({ ...model, graph: { ...model.graph, nodes: training } })).toBe(true);
    const fed = model.graph.initializers.filter(({ name }) => name !== "mean");
    expect(kept({ ...model, graph: { ...model.graph, initializers: fed } })).toBe(true);
  });

  test("behind a Gemm that adds a matrix", () => {
    const matrix: Case = { op: "Gemm", x: [3, 4], w: [4, 5], channels: 5, bias: [3, 5] };
    expect(kept(normalised(matrix))).toBe(true);
  });
});

describe("as exporters write it otherwise", () => {
  const constants = [
    constantOf("bias", "float32", [1, -2, 3, 0.5], [1, 4, 1, 1]),
    constantOf("factor", "float32", [0.5, 2, -1, 3], [4, 1, 1]),
    constantOf("one", "float32", [0.7], []),
  ];
  const after = (nodes: readonly NodeDef[]): Model =>
    modelOf({
      nodes: [nodeOf("Conv", ["x", "w"], ["h"]), ...nodes],
      inputs: { x: ["N", 3, 5, 5] },
      outputs: ["y"],
      initializers: [weight("w", [4, 3, 3, 3], 2), ...constants, ...statistics(4)],
    });
  const feeds = { x: floats([2, 3, 5, 5]) };

  test("a bias that is added, a copy, a normalisation, and another as factor and offset", () => {
    const model = after([
      nodeOf("Add", ["h", "bias"], ["a"]),
      nodeOf("Identity", ["a"], ["i"]),
      nodeOf("BatchNormalization", ["i", ...NORM.slice(1)], ["n"]),
      nodeOf("Mul", ["factor", "n"], ["m"]),
      nodeOf("Sub", ["m", "one"], ["s"]),
      nodeOf("Sub", ["bias", "s"], ["t"]),
      nodeOf("Div", ["t", "factor"], ["y"]),
    ]);
    const folded = foldBatchNorm(model);
    expect(folded.graph.nodes.map(({ op }) => op)).toEqual(["Conv"]);
    expect(folded.graph.initializers).toHaveLength(2);
    expect(apart(model, folded, feeds)).toBeLessThan(1e-4);
  });

  test("constants that aren't one for each channel stay, and what divides them too", () => {
    const rows = { ...weight("rows", [3]), name: "factor" };
    for (const node of [
      nodeOf("Mul", ["h", "factor"], ["y"]),
      nodeOf("Div", ["factor", "h"], ["y"]),
    ]) {
      const model = after([node]);
      const initializers = model.graph.initializers.map((tensor) =>
        tensor.name === "factor" ? rows : tensor,
      );
      const wide = { ...model, graph: { ...model.graph, initializers } };
      expect(foldBatchNorm(wide).graph.nodes).toEqual(wide.graph.nodes);
    }
  });

  test("a column that a Gemm adds is no bias of channels", () => {
    const column = normalised({ op: "Gemm", x: [4, 4], w: [4, 4], channels: 4, bias: [4, 1] });
    const ops = foldBatchNorm(column).graph.nodes.map(({ op }) => op);
    expect(ops).toContain("BatchNormalization");
  });
});
