import { describe, expect, test } from "vitest";

import type { Dim, ElementType } from "../model.ts";
import { infer, type Input, type Row } from "./infer-for-test.ts";

const x = ["N", 3, 8, 8];

test.each<[string, Row, readonly Dim[]]>([
  ["Add", { inputs: [["N", 1], [4]] }, ["N", 4]],
  ["MatMul", { inputs: [[4], ["N", 4, 5]] }, ["N", 5]],
  ["MatMul", { inputs: [["N", 4], [4]] }, ["N"]],
  [
    "Gemm",
    {
      inputs: [
        [4, "N"],
        [5, 4],
      ],
      attributes: { transA: 1, transB: 1 },
    },
    ["N", 5],
  ],
  ["ReduceSum", { inputs: [x, { ints: [-1] }], attributes: { keepdims: 0 } }, ["N", 3, 8]],
  ["ReduceMean", { inputs: [x] }, [1, 1, 1, 1]],
  ["ReduceMax", { inputs: [x, [2]], attributes: { keepdims: 0 } }, ["?", "?"]],
  ["ArgMax", { inputs: [x], attributes: { axis: 1 } }, ["N", 1, 8, 8]],
  ["Flatten", { inputs: [x] }, ["N", 192]],
  ["Reshape", { inputs: [x, { ints: [0, -1, 4] }] }, ["N", 48, 4]],
  ["Reshape", { inputs: [["2*N", 3], { ints: ["N", -1] }] }, ["N", 6]],
  ["Unsqueeze", { inputs: [x, { ints: [0, -1] }] }, [1, "N", 3, 8, 8, 1]],
  ["Squeeze", { inputs: [["N", 1, 1], { ints: [1] }] }, ["N", 1]],
  ["Expand", { inputs: [[3, 1], { ints: ["N", 1, 4] }] }, ["N", 3, 4]],
  ["Tile", { inputs: [["N", 2], { ints: [3, 2] }] }, ["3*N", 4]],
  ["Pad", { inputs: [["N", 2], { ints: [0, 1, 2, 1] }] }, ["(N+2)", 4]],
  ["Slice", { inputs: [["N", 9], { ints: [1] }, { ints: [-1] }, { ints: [0] }] }, ["(N+-2)", 9]],
  [
    "Slice",
    { inputs: [[9], { ints: [-1] }, { ints: [-(2 ** 40)] }, { ints: [0] }, { ints: [-2] }] },
    [5],
  ],
  [
    "Concat",
    {
      inputs: [
        ["N", 2],
        ["M", 2],
      ],
      attributes: { axis: 0 },
    },
    ["(M+N)", 2],
  ],
  [
    "Gather",
    {
      inputs: [
        [100, 16],
        ["N", "S"],
      ],
    },
    ["N", "S", 16],
  ],
  [
    "GatherND",
    {
      inputs: [
        [5, 6, 7],
        ["N", 2],
      ],
    },
    ["N", 7],
  ],
  ["OneHot", { inputs: [["N"], { int: 10 }, [2]] }, ["N", 10]],
  ["Range", { inputs: [{ int: 0 }, { int: "S" }, { int: 1 }] }, ["S"]],
  ["Range", { inputs: [{ int: 1 }, { int: 8 }, { int: 3 }] }, [3]],
  ["Conv", { inputs: [x, [4, 3, 3, 3]], attributes: { strides: [2, 2] } }, ["N", 4, 3, 3]],
  [
    "AveragePool",
    { inputs: [x], attributes: { kernel_shape: [3, 3], ceil_mode: 1 } },
    ["N", 3, 6, 6],
  ],
  [
    "MaxUnpool",
    { inputs: [x, x], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    ["N", 3, 16, 16],
  ],
  ["Resize", { inputs: [x, null, null, { ints: ["N", 3, 5, 7] }] }, ["N", 3, 5, 7]],
  [
    "Resize",
    {
      inputs: [x, null, null, { ints: [5, 4] }],
      attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_larger" },
    },
    ["N", 3, 4, 4],
  ],
  ["GridSample", { inputs: [x, ["N", 5, 6, 2]] }, ["N", 3, 5, 6]],
  ["AffineGrid", { inputs: [["N", 2, 3], { ints: ["N", 3, 5, 6] }] }, ["N", 5, 6, 2]],
  ["Col2Im", { inputs: [["N", 12, "L"], { ints: [5, 6] }, { ints: [2, 2] }] }, ["N", 3, 5, 6]],
  [
    "CenterCropPad",
    { inputs: [x, { ints: [4, 9] }], attributes: { axes: [2, 3] } },
    ["N", 3, 4, 9],
  ],
  ["RoiAlign", { inputs: [x, ["R", 4], ["R"]], attributes: { output_height: 7 } }, ["R", 3, 7, 1]],
  [
    "NonMaxSuppression",
    {
      inputs: [
        [1, "B", 4],
        [1, 2, "B"],
      ],
    },
    ["?", 3],
  ],
  [
    "Einsum",
    {
      inputs: [
        ["N", "S", 4],
        ["N", "T", 4],
      ],
      attributes: { equation: "bid, bjd->bij" },
    },
    ["N", "S", "T"],
  ],
  [
    "Einsum",
    {
      inputs: [
        ["N", 2, 3],
        [3, 4],
      ],
      attributes: { equation: "...ij,jk" },
    },
    ["N", 2, 4],
  ],
  ["DFT", { inputs: [["N", 9, 1]], attributes: { onesided: 1 } }, ["N", 5, 2]],
  [
    "DFT",
    { inputs: [["N", 5, 2], { int: 9 }], attributes: { onesided: 1, inverse: 1 } },
    ["N", 9, 1],
  ],
  ["STFT", { inputs: [["N", 128, 1], { int: 8 }, null, { int: 16 }] }, ["N", 15, 9, 2]],
  ["HannWindow", { inputs: [{ int: 10 }] }, [10]],
  ["MelWeightMatrix", { inputs: [{ int: 8 }, { int: 16 }, { int: 8192 }, [], []] }, [9, 8]],
  ["Det", { inputs: [["N", 3, 3]] }, ["N"]],
  ["Multinomial", { inputs: [["N", 5]], attributes: { sample_size: 4 } }, ["N", 4]],
  ["RandomNormal", { inputs: [], attributes: { shape: [2, 3] } }, [2, 3]],
  [
    "NegativeLogLikelihoodLoss",
    {
      inputs: [
        ["N", 5, 4],
        ["N", 4],
      ],
      attributes: { reduction: "none" },
    },
    ["N", 4],
  ],
  ["NegativeLogLikelihoodLoss", { inputs: [["N", 5], ["N"]] }, []],
  ["QLinearMatMul", { inputs: [["N", 4], [], [], [4, 5], [], [], [], []] }, ["N", 5]],
  [
    "LinearRegressor",
    { inputs: [["N", 4]], domain: "ai.onnx.ml", attributes: { targets: 2 } },
    ["N", 2],
  ],
  ["ArrayFeatureExtractor", { inputs: [["N", 4], [2]], domain: "ai.onnx.ml" }, ["N", 2]],
])("%s %j", (op, row, shape) => {
  expect(infer(op, row)[0]?.shape).toEqual(shape);
});

describe("several outputs", () => {
  const shapes = (op: string, row: Row) => infer(op, row).map(({ shape }) => shape);

  test("parts as even as they can be, or as listed", () => {
    const split = (inputs: Input[], outputs: number) =>
      shapes("Split", { inputs, outputs, attributes: { axis: 1 } });
    expect(split([["N", 7]], 3)).toEqual([
      ["N", 3],
      ["N", 3],
      ["N", 1],
    ]);
    expect(split([["N", "2*S"]], 2)).toEqual([
      ["N", "S"],
      ["N", "S"],
    ]);
    expect(split([["N", 7], { ints: [2, 5] }], 2)).toEqual([
      ["N", 2],
      ["N", 5],
    ]);
  });

  test("the top entries and their places", () => {
    const row = { inputs: [["N", 9], { ints: [4] }], outputs: 2 };
    expect(shapes("TopK", row)).toEqual([
      ["N", 4],
      ["N", 4],
    ]);
    expect(infer("TopK", row)[1]?.dtype).toBe("int64");
  });

  test("attention with past keys and values, in groups", () => {
    const past = ["N", 2, "P", 8];
    const row: Row = {
      inputs: [["N", "S", 32], ["N", "S", 16], ["N", "S", 16], null, past, past],
      attributes: { q_num_heads: 4, kv_num_heads: 2 },
      outputs: 4,
    };
    expect(shapes("Attention", row)).toEqual([
      ["N", "S", 32],
      ["N", 2, "(P+S)", 8],
      ["N", 2, "(P+S)", 8],
      ["N", 4, "S", "(P+S)"],
    ]);
  });

  test("a recurrent layer whose weights don't say how many directions there are", () => {
    const row: Row = {
      inputs: [
        ["T", "N", 8],
        ["D", 16, 8],
        ["D", 16, 4],
      ],
      attributes: { hidden_size: 4 },
      outputs: 2,
    };
    expect(shapes("LSTM", row)).toEqual([
      ["T", 1, "N", 4],
      [1, "N", 4],
    ]);
    const wrong: Row = {
      ...row,
      inputs: [
        ["T", "N", 8],
        ["D", 16, 7],
        ["D", 16, 4],
      ],
    };
    expect(() => shapes("LSTM", wrong)).toThrow("The number of features differs");
  });

  test("labels and scores", () => {
    const labels = { kind: "strings", value: ["a", "b", "c"] } as const;
    const row: Row = {
      inputs: [["N", 4]],
      attributes: {
        coefficients: { kind: "floats", value: [1] },
        classlabels_strings: labels,
      },
      domain: "ai.onnx.ml",
      outputs: 2,
    };
    const [label, scores] = infer("LinearClassifier", row);
    expect(label).toMatchObject({ dtype: "string", shape: ["N"] });
    expect(scores).toMatchObject({ dtype: "float32", shape: ["N", 3] });
  });
});

test.each<[string, Row, ElementType]>([
  ["Cast", { inputs: [["N"]], attributes: { to: 10 } }, "float16"],
  ["Equal", { inputs: [["N"], ["N"]] }, "bool"],
  ["Shape", { inputs: [["N"]] }, "int64"],
  ["QuantizeLinear", { inputs: [["N"], []] }, "uint8"],
  ["QuantizeLinear", { inputs: [["N"], []], attributes: { output_dtype: 3 } }, "int8"],
  ["DequantizeLinear", { inputs: [{ ints: [1] }, []] }, "float32"],
  [
    "MatMulInteger",
    {
      inputs: [
        ["N", 2],
        [2, 3],
      ],
    },
    "int32",
  ],
  ["Bernoulli", { inputs: [["N"]], attributes: { dtype: 9 } }, "bool"],
  ["EyeLike", { inputs: [[2, 2]], attributes: { dtype: 11 } }, "float64"],
  ["BitCast", { inputs: [["N"]], attributes: { to: 6 } }, "int32"],
  ["Where", { inputs: [["N"], { ints: [1] }, { ints: [2] }] }, "int64"],
])("the type of %s %j", (op, row, dtype) => {
  expect(infer(op, row)[0]?.dtype).toBe(dtype);
});
