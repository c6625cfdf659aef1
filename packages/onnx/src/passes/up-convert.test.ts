import { describe, expect, test } from "vitest";

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
