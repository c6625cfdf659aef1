import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Slopes } from "../op.ts";
import type { Value } from "../value.ts";

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface MatmulBuilders {
  /**
   * alpha · A·B + beta · C on matrices, A and B transposed first where the options say so;
   * C broadcasts to the result. The fast way to write a dense layer: the bias is free.
   */
  gemm(a: Value, b: Value, c?: Value | null, options?: GemmOptions): Value;
  /** Matrix product over the last two axes; the axes before them broadcast. At least two axes each. */
  matmul(a: Value, b: Value): Value;
}

/** `x` with its last two axes swapped. */
function transposed(g: Graph, x: Value): Value {
  const rank = x.shape.length;
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return g.transpose(x, [...leading, rank - 1, rank - 2]);
}

/** A vector in front is a row, one behind a column; the product lacks that axis. */
function vectorSlopes(g: Graph, dy: Value, [a, b]: readonly [Value, Value]): Slopes {
  const [isRow, isColumn] = [a.shape.length === 1, b.shape.length === 1];
  const left = isRow ? g.unsqueeze(a, [0]) : a;
  const right = isColumn ? g.unsqueeze(b, [1]) : b;
  const wide = isColumn ? g.unsqueeze(dy, [-1]) : dy;
  const slope = isRow ? g.unsqueeze(wide, [-2]) : wide;
  const ofA = (): Value => g.matmul(slope, transposed(g, right));
  const ofB = (): Value => g.matmul(transposed(g, left), slope);
  return [
    () => (isRow ? g.squeeze(ofA(), [-2]) : ofA()),
    () => (isColumn ? g.squeeze(ofB(), [-1]) : ofB()),
  ];
}

export const MatMul = defineOp(operators.MatMul, {
  grad: ({ dy, g, inputs: [a, b] }) => {
    if (a.shape.length === 1 || b.shape.length === 1) return vectorSlopes(g, dy, [a, b]);
    if (b.shape.length > 2) {
      return [() => g.matmul(dy, transposed(g, b)), () => g.matmul(transposed(g, a), dy)];
    }
    // A dense layer on [..., k]: two plain matrix products, which need no transposed copies.
    return [
      () => g.reshapeLike(g.gemm(g.flatten2(dy), b, null, { transB: true }), a),
      () => g.gemm(g.flatten2(a), g.flatten2(dy), null, { transA: true }),
    ];
  },
  cases: [
    {
      inputs: [
        ["N", 4],
        [4, 5],
      ],
    },
    {
      inputs: [
        ["N", 3, 4],
        [4, 5],
      ],
    },
    {
      inputs: [
        ["N", 3, 4],
        ["N", 4, 2],
      ],
    },
    {
      inputs: [
        ["N", 1, 3, 4],
        [2, 4, 2],
      ],
    },
    {
      inputs: [
        [3, 4],
        [2, 4, 2],
      ],
    },
    { inputs: [[4], [4]] },
    { inputs: [[4], ["N", 4, 2]] },
    { inputs: [["N", 3, 4], [4]] },
  ],
});

export const Gemm = defineOp(operators.Gemm, {
  grad: ({ dy, g, inputs: [a, b], attributes }) => {
    const { alpha, beta } = attributes;
    const transA = attributes.transA === 1;
    const transB = attributes.transB === 1;
    return [
      () =>
        transA
          ? g.gemm(b, dy, null, { transA: transB, transB: true, alpha })
          : g.gemm(dy, b, null, { transB: !transB, alpha }),
      () =>
        transB
          ? g.gemm(dy, a, null, { transA: true, transB: transA, alpha })
          : g.gemm(a, dy, null, { transA: !transA, alpha }),
      () => (beta === 1 ? dy : g.mul(dy, beta)),
    ];
  },
  cases: [
    {
      inputs: [
        ["N", 4],
        [4, 5],
      ],
      attributes: { transA: 0, transB: 0, alpha: 1, beta: 1 },
    },
    { inputs: [["N", 4], [4, 5], [5]], attributes: { transA: 0, transB: 0, alpha: 1, beta: 1 } },
    {
      inputs: [
        [4, "N"],
        [4, 5],
        [1, 5],
      ],
      attributes: { transA: 1, transB: 0, alpha: 0.7, beta: 1.3 },
    },
    {
      inputs: [
        ["N", 4],
        [5, 4],
        ["N", 1],
      ],
      attributes: { transA: 0, transB: 1, alpha: 0.7, beta: 1.3 },
    },
    {
      inputs: [
        [4, 3],
        [5, 4],
        [3, 5],
      ],
      attributes: { transA: 1, transB: 1, alpha: 0.7, beta: 1.3 },
    },
  ],
});

export function builders(g: Graph): MatmulBuilders {
  return {
    gemm: (a, b, c = null, options = {}) =>
      g.emit(Gemm, c === null ? [a, b] : [a, b, c], {
        transA: options.transA ? 1 : 0,
        transB: options.transB ? 1 : 0,
        alpha: options.alpha ?? 1,
        beta: options.beta ?? 1,
      }),
    matmul: (a, b) => g.emit(MatMul, [a, b]),
  };
}
