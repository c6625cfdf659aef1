import { describe, expect, test } from "vitest";

import type { Dim } from "../model.ts";
import { infer, type Row } from "./infer-for-test.ts";

describe("sizes that a graph works out are followed", () => {
  test.each<[string, Row, readonly Dim[] | null]>([
    ["Shape", { inputs: [["N", 3, 8, 8]], attributes: { start: 1 } }, [3, 8, 8]],
    ["Size", { inputs: [["N", 3]] }, ["3*N"]],
    ["Add", { inputs: [{ ints: ["N", 2] }, { int: 1 }] }, ["(N+1)", 3]],
    ["Mul", { inputs: [{ ints: ["N", 2] }, { ints: [2, "N"] }] }, ["2*N", "2*N"]],
    ["Div", { inputs: [{ ints: ["N", 7, -7] }, { int: 2 }] }, ["(N//2)", 3, -3]],
    ["Sub", { inputs: [{ ints: ["N"] }, { ints: ["N"] }] }, [0]],
    ["Neg", { inputs: [{ ints: ["N", 2] }] }, ["-1*N", -2]],
    ["Max", { inputs: [{ ints: ["N", 2] }, { ints: ["N", 3] }] }, ["N", 3]],
    ["Max", { inputs: [{ ints: ["N"] }, { ints: [3] }] }, null],
    ["Equal", { inputs: [{ ints: ["N", -1] }, { int: -1 }] }, [0, 1]],
    ["Equal", { inputs: [{ ints: ["N"] }, { int: 1 }] }, null],
    ["Mod", { inputs: [{ int: -7 }, { int: 3 }] }, [2]],
    ["Mod", { inputs: [{ int: -7 }, { int: 3 }], attributes: { fmod: 1 } }, [-1]],
    ["Mod", { inputs: [{ int: "N" }, { int: 3 }] }, null],
    ["Less", { inputs: [{ ints: [1, 4] }, { int: 2 }] }, [1, 0]],
    ["Less", { inputs: [{ ints: ["N", 4] }, { int: 2 }] }, null],
    ["And", { inputs: [{ ints: [1, 1] }, { ints: [0, 1] }] }, [0, 1]],
    ["Not", { inputs: [{ ints: [0, 1] }] }, [1, 0]],
    ["Gather", { inputs: [{ ints: [5, "N", 7] }, { ints: [-1, 1] }] }, [7, "N"]],
    ["Slice", { inputs: [{ ints: [5, "N", 7] }, { ints: [1] }, { ints: [9] }] }, ["N", 7]],
    [
      "Slice",
      {
        inputs: [
          { ints: [5, "N", 7] },
          { ints: [-1] },
          { ints: [-9] },
          { ints: [0] },
          { ints: [-1] },
        ],
      },
      [7, "N", 5],
    ],
    [
      "Concat",
      { inputs: [{ ints: ["N"] }, { ints: [2, 3] }], attributes: { axis: 0 } },
      ["N", 2, 3],
    ],
    ["ReduceProd", { inputs: [{ ints: ["N", 2, 3] }], attributes: { keepdims: 0 } }, ["6*N"]],
    ["Range", { inputs: [{ int: 0 }, { int: 3 }, { int: 1 }] }, [0, 1, 2]],
    ["Cast", { inputs: [{ ints: ["N", 3] }], attributes: { to: 1 } }, ["N", 3]],
    ["Cast", { inputs: [{ ints: ["N", 3] }], attributes: { to: 9 } }, null],
    ["Split", { inputs: [{ ints: ["N", 3] }], outputs: 2, attributes: { axis: 0 } }, ["N"]],
    [
      "Momentum",
      {
        inputs: [{ int: 1 }, { int: 1 }, { ints: [1] }, { ints: [1] }, { ints: [1] }],
        domain: "ai.onnx.preview.training",
        attributes: {
          alpha: { kind: "float", value: 1 },
          beta: { kind: "float", value: 1 },
          mode: "standard",
          norm_coefficient: { kind: "float", value: 0 },
        },
      },
      null,
    ],
  ])("%s %j", (op, row, content) => {
    expect(infer(op, row)[0]?.content).toEqual(content);
  });
});
