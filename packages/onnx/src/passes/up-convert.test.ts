import { describe, expect, test } from "vitest";

import { PassError } from "../errors.ts";
import type { Attribute, ModelTensor } from "../model.ts";
import { apart, floats, modelOf, nodeOf, weight } from "./model-for-test.ts";
import type { Written } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";
import { upConvert } from "./up-convert.ts";

const floatList = (...value: number[]): Attribute => ({ kind: "floats", value });
const float = (value: number): Attribute => ({ kind: "float", value });

interface Case {
  readonly op: string;
  readonly version: number;
  readonly shape?: readonly number[];
  readonly attributes?: Written;
  readonly initializers?: readonly ModelTensor[];
  readonly outputs?: readonly string[];
}

const image = [2, 4, 3, 5];

const CASES: readonly Case[] = [
  { op: "Softmax", version: 7 },
  { op: "Softmax", version: 11, attributes: { axis: -1 } },
  { op: "Softmax", version: 11, attributes: { axis: 2 } },
  { op: "Softmax", version: 11, shape: [2, 3, 1, 1] },
  { op: "LogSoftmax", version: 12 },
  { op: "LogSoftmax", version: 12, attributes: { axis: 0 } },
  { op: "Hardmax", version: 11, attributes: { axis: 3 } },
  { op: "ReduceSum", version: 11, attributes: { axes: [1, -1], keepdims: 0 } },
  { op: "ReduceSum", version: 12 },
  { op: "ReduceMean", version: 13, attributes: { axes: [2, 3] } },
  { op: "ReduceMax", version: 17, attributes: { axes: [0], keepdims: 0 } },
  { op: "ReduceL2", version: 11, attributes: { axes: [1] } },
  { op: "ReduceLogSumExp", version: 13, attributes: { axes: [1] } },
  { op: "ReduceProd", version: 13 },
  { op: "Squeeze", version: 11, shape: [1, 3, 1], attributes: { axes: [0] } },
  { op: "Squeeze", version: 9, shape: [1, 3, 1] },
  { op: "Unsqueeze", version: 7, attributes: { axes: [0, 5] } },
  { op: "Split", version: 7, attributes: { axis: 1 }, outputs: ["y", "z"] },
  { op: "Split", version: 11, attributes: { axis: 1, split: [1, 3] }, outputs: ["y", "z"] },
  { op: "Split", version: 13, attributes: { axis: 1 }, outputs: ["y", "z"] },
  { op: "Clip", version: 7, attributes: { min: float(-0.5), max: float(0) } },
  { op: "Clip", version: 10, attributes: { max: float(0.25) } },
  { op: "Clip", version: 6 },
  { op: "Pad", version: 7, attributes: { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: float(0.5) } },
  { op: "Pad", version: 10, attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: "reflect" } },
  { op: "Slice", version: 9, attributes: { starts: [0, 1], ends: [9, -1], axes: [2, 3] } },
  { op: "Slice", version: 7, attributes: { starts: [1], ends: [2] } },
  {
    op: "Slice",
    version: 9,
    attributes: { starts: [1], ends: { kind: "ints", value: [2n ** 63n - 1n] }, axes: [3] },
  },
  { op: "TopK", version: 9, attributes: { k: 3 }, outputs: ["y", "indices"] },
  { op: "TopK", version: 9, attributes: { k: 2, axis: 1 }, outputs: ["y", "indices"] },
  { op: "Dropout", version: 7, attributes: { ratio: float(0.4) } },
  { op: "Dropout", version: 10 },
  { op: "Upsample", version: 7, attributes: { scales: floatList(1, 1, 2, 3) } },
  { op: "Upsample", version: 8, attributes: { mode: "linear", scales: floatList(1, 1, 2, 2) } },
  { op: "Upsample", version: 9, initializers: [constantOf("s", "float32", [1, 1, 2, 2])] },
  { op: "Resize", version: 10, initializers: [constantOf("s", "float32", [1, 1, 2.5, 1.2])] },
  { op: "Resize", version: 10, initializers: [constantOf("s", "float32", [1, 1, 0.5, 0.4])] },
  {
    op: "Resize",
    version: 10,
    attributes: { mode: "linear" },
    initializers: [constantOf("s", "float32", [1, 1, 1.7, 2])],
  },
  {
    op: "Resize",
    version: 11,
    attributes: { mode: "linear", coordinate_transformation_mode: "align_corners" },
    initializers: [
      constantOf("roi", "float32", []),
      constantOf("scales", "float32", []),
      constantOf("sizes", "int64", [2, 4, 7, 6]),
    ],
  },
  {
    op: "BatchNormalization",
    version: 8,
    initializers: [weight("s", [4], 2), weight("b", [4], 3), weight("m", [4], 4), ones("v", 4)],
  },
  {
    op: "PRelu",
    version: 7,
    initializers: [weight("slope", [4, 1, 1], 5)],
  },
  { op: "Gemm", version: 9, shape: [3, 4], initializers: [weight("b", [4, 2]), weight("c", [2])] },
  {
    op: "GridSample",
    version: 16,
    attributes: { mode: "bilinear", align_corners: 1 },
    initializers: [weight("grid", [2, 2, 2, 2])],
  },
  {
    op: "RoiAlign",
    version: 10,
    attributes: { output_height: 2, output_width: 2 },
    initializers: [
      constantOf("rois", "float32", [0, 0, 2, 2], [1, 4]),
      constantOf("batch", "int64", [1]),
    ],
  },
  {
    op: "ScatterElements",
    version: 11,
    shape: [3, 2],
    initializers: [constantOf("i", "int64", [2, 0], [1, 2]), weight("u", [1, 2])],
  },
  {
    op: "Scatter",
    version: 9,
    shape: [3, 2],
    initializers: [constantOf("i", "int64", [2, 0], [1, 2]), weight("u", [1, 2])],
  },
  {
    op: "GroupNormalization",
    version: 18,
    attributes: { num_groups: 2 },
    initializers: [weight("s", [2], 2), weight("b", [2], 3)],
  },
  { op: "DFT", version: 17, shape: [2, 4, 3, 1] },
  { op: "DFT", version: 17, shape: [2, 4, 3, 1], attributes: { axis: 2, onesided: 1 } },
];

function ones(name: string, length: number): ModelTensor {
  return constantOf(
    name,
    "float32",
    Array.from({ length }, () => 1.5),
  );
}

const titleOf = ({ op, version, attributes = {} }: Case): string =>
  `${op} of set ${version} ${JSON.stringify(attributes, (_, value) => (typeof value === "bigint" ? "most" : value))}`;

describe("the new form computes what the old one did", () => {
  for (const tried of CASES) {
    const { op, version, attributes = {}, initializers = [], outputs = ["y"] } = tried;
    const shape = tried.shape ?? image;
    // Once with all sizes known, once with a batch that isn't.
    for (const declared of [shape, ["N", ...shape.slice(1)]]) {
      test(`${titleOf(tried)} on [${declared.join(", ")}]`, () => {
        const inputs = ["x", ...initializers.map(({ name }) => name)];
        const before = modelOf({
          nodes: [nodeOf(op, inputs, outputs, attributes)],
          inputs: { x: declared },
          outputs,
          initializers,
          version,
        });
        const after = upConvert(before);
        expect(after.operatorSets[0]?.version).toBe(op === "RoiAlign" ? 21 : 23);
        expect(apart(before, after, { x: floats(shape) })).toBeLessThan(1e-6);
      });
    }
  }
});

describe("sets that the runtime no longer runs itself", () => {
  const upgraded = (
    nodes: readonly ReturnType<typeof nodeOf>[],
    initializers: readonly ModelTensor[],
  ): ReturnType<typeof upConvert> =>
    upConvert(modelOf({ nodes, inputs: { x: image }, outputs: ["y"], initializers, version: 6 }));
  const direct = (
    nodes: readonly ReturnType<typeof nodeOf>[],
    initializers: readonly ModelTensor[],
  ): ReturnType<typeof upConvert> =>
    modelOf({ nodes, inputs: { x: image }, outputs: ["y"], initializers });

  test("a second input was lined up from an axis on", () => {
    const bias = weight("b", [4, 3]);
    const old = nodeOf("Add", ["x", "b"], ["y"], { broadcast: 1, axis: 1 });
    const now = nodeOf("Add", ["x", "b"], ["y"]);
    expect(
      apart(direct([now], [{ ...bias, dims: [4, 3, 1] }]), upgraded([old], [bias]), {
        x: floats(image),
      }),
    ).toBe(0);
  });

  test("a vector of slopes was one for each channel", () => {
    const slope = weight("b", [4]);
    const node = nodeOf("PRelu", ["x", "b"], ["y"]);
    expect(
      apart(direct([node], [{ ...slope, dims: [4, 1, 1] }]), upgraded([node], [slope]), {
        x: floats(image),
      }),
    ).toBe(0);
  });

  test("a picture grew by two attributes", () => {
    const old = nodeOf("Upsample", ["x"], ["y"], {
      height_scale: { kind: "float", value: 2 },
      width_scale: { kind: "float", value: 3 },
    });
    const now = nodeOf("Resize", ["x", "", "s"], ["y"], {
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
    const scales = constantOf("s", "float32", [1, 1, 2, 3]);
    expect(apart(direct([now], [scales]), upgraded([old], []), { x: floats(image) })).toBe(0);
  });

  test("types had names, targets were attributes, and buffers could be consumed", () => {
    const old = [
      nodeOf("Relu", ["x"], ["r"], { consumed_inputs: [0] }),
      nodeOf("Reshape", ["r"], ["s"], { shape: [2, -1], consumed_inputs: [0] }),
      nodeOf("Concat", ["s", "s"], ["t"]),
      nodeOf("Cast", ["t"], ["y"], { to: "DOUBLE" }),
    ];
    const model = { ...direct(old, []), operatorSets: [{ domain: "", version: 3 }] };
    const now = [
      nodeOf("Relu", ["x"], ["r"]),
      nodeOf("Reshape", ["r", "shape"], ["s"]),
      nodeOf("Concat", ["s", "s"], ["t"], { axis: 1 }),
      nodeOf("Cast", ["t"], ["y"], { to: 11 }),
    ];
    expect(
      apart(direct(now, [constantOf("shape", "int64", [2, -1])]), upConvert(model), {
        x: floats(image),
      }),
    ).toBe(0);
  });
});

describe("the model around the nodes", () => {
  const softmax = nodeOf("Softmax", ["x"], ["y"]);
  const sketch = { nodes: [softmax], inputs: { x: [2, 3] }, outputs: ["y"] };

  test("a model of the newest set, or one without standard operators, stays as it is", () => {
    const newest = modelOf({ ...sketch, version: 24 });
    expect(upConvert(newest)).toBe(newest);
    const foreign = { ...newest, operatorSets: [{ domain: "com.microsoft", version: 1 }] };
    expect(upConvert(foreign)).toBe(foreign);
  });

  test("the caller may stop anywhere on the way", () => {
    const model = modelOf({
      nodes: [nodeOf("ReduceMean", ["x"], ["y"], { axes: [1] })],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      version: 11,
    });
    expect(upConvert(model, 17).graph).toEqual(model.graph);
    expect(upConvert(model, 18).graph.initializers.map(({ name }) => name)).toEqual(["axes"]);
  });

  test("branches are brought up too, and read constants of their own", () => {
    const branch = (op: string): Attribute => ({
      kind: "graph",
      value: {
        name: op,
        nodes: [nodeOf(op, ["x"], [`${op}.y`], { axes: [1] })],
        initializers: [],
        inputs: [],
        outputs: [{ name: `${op}.y`, dtype: null, shape: null }],
      },
    });
    const before = modelOf({
      nodes: [
        nodeOf("ReduceSum", ["x"], ["total"], { keepdims: 0 }),
        nodeOf("Greater", ["total", "zero"], ["positive"]),
        nodeOf("If", ["positive"], ["y"], {
          then_branch: branch("ReduceSum"),
          else_branch: branch("ReduceMean"),
        }),
      ],
      inputs: { x: ["N", 3] },
      outputs: ["y"],
      initializers: [constantOf("zero", "float32", [0], [])],
      version: 11,
    });
    for (const seed of [1, 2, 3]) {
      expect(apart(before, upConvert(before), { x: floats([2, 3], seed) })).toBe(0);
    }
  });

  test("initialisers that had to be inputs are inputs no more", () => {
    const model = modelOf({
      nodes: [nodeOf("Add", ["x", "w"], ["y"])],
      inputs: { x: [2, 3], w: [3] },
      outputs: ["y"],
      initializers: [weight("w", [3])],
      version: 8,
      irVersion: 3,
    });
    expect(upConvert(model).graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(upConvert({ ...model, irVersion: 4 }).graph.inputs).toHaveLength(2);
  });

  test("names that the model has already are left alone", () => {
    const model = modelOf({
      nodes: [
        nodeOf("Unsqueeze", ["x"], ["axes"], { axes: [0] }),
        nodeOf("Squeeze", ["axes"], ["y"], { axes: [0] }),
      ],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      version: 11,
    });
    const { graph } = upConvert(model);
    expect(graph.initializers.map(({ name }) => name)).toEqual(["axes.1", "axes.2"]);
    expect(apart(model, upConvert(model), { x: floats([2, 3]) })).toBe(0);
  });

  test("what has no equal is refused by name", () => {
    const perPosition = modelOf({
      nodes: [nodeOf("BatchNormalization", ["x", "s", "s", "s", "s"], ["y"], { spatial: 0 })],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      initializers: [weight("s", [3])],
      version: 8,
    });
    expect(() => upConvert(perPosition)).toThrow(PassError);
    expect(() => upConvert(perPosition)).toThrow(/BatchNormalization "y".*each position/);
    const unknownRank = modelOf({
      nodes: [
        nodeOf("NonZero", ["x"], ["z"]),
        nodeOf("Unheard", ["z"], ["u"]),
        nodeOf("Add", ["u", "s"], ["y"], { broadcast: 1, axis: 0 }),
      ],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      initializers: [weight("s", [3])],
      version: 6,
    });
    expect(() => upConvert(unknownRank)).toThrow(/the rank of input 0 isn't known/);
  });
});
