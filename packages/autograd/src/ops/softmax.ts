import { axisOf, operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Cases } from "../op.ts";
import type { Value } from "../value.ts";

export interface SoftmaxBuilders {
  /** `axis` defaults to the last. */
  softmax(x: Value, axis?: number): Value;
  logSoftmax(x: Value, axis?: number): Value;
}

const axisCases: Cases<typeof operators.Softmax.attributes> = [
  { inputs: [["N", 4]], attributes: { axis: 1 } },
  { inputs: [["N", 3, 4]], attributes: { axis: 1 } },
];

export const Softmax = defineOp(operators.Softmax, {
  grad: ({ dy, y, g, attributes: { axis } }) => [
    () => {
      const weighted = g.mul(dy, y);
      return g.sub(weighted, g.mul(y, g.reduceSum(weighted, { axes: [axis], keepDims: true })));
    },
  ],
  cases: axisCases,
});

export const LogSoftmax = defineOp(operators.LogSoftmax, {
  grad: ({ dy, y, g, attributes: { axis } }) => [
    () => g.sub(dy, g.mul(g.exp(y), g.reduceSum(dy, { axes: [axis], keepDims: true }))),
  ],
  cases: axisCases,
});

export function builders(g: Graph): SoftmaxBuilders {
  return {
    softmax: (x, axis = -1) => g.emit(Softmax, [x], { axis: axisOf(axis, x.shape.length) }),
    logSoftmax: (x, axis = -1) => g.emit(LogSoftmax, [x], { axis: axisOf(axis, x.shape.length) }),
  };
}
