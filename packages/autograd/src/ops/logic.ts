import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Cases, Op } from "../op.ts";
import type { Operand, Value } from "../value.ts";
import { broadcastCases, pair } from "./elementwise.ts";

/** Comparisons and choices. Shapes broadcast; comparisons answer bool. */
export interface LogicBuilders {
  equal(a: Operand, b: Operand): Value;
  greater(a: Operand, b: Operand): Value;
  greaterOrEqual(a: Operand, b: Operand): Value;
  less(a: Operand, b: Operand): Value;
  and(a: Value, b: Value): Value;
  or(a: Value, b: Value): Value;
  not(x: Value): Value;
  /** `condition` is bool; at most one of the choices may be a number. */
  where(condition: Value, whenTrue: Operand, whenFalse: Operand): Value;
}

const answersBool = flat("answers true or false");

const boolCases: Cases = [
  {
    inputs: [
      { shape: ["N", 3], dtype: "bool" },
      { shape: [3], dtype: "bool" },
    ],
  },
];

export const Equal = defineOp(operators.Equal, {
  grad: answersBool,
  cases: broadcastCases(),
});

export const Greater = defineOp(operators.Greater, {
  grad: answersBool,
  cases: broadcastCases(),
});

export const GreaterOrEqual = defineOp(operators.GreaterOrEqual, {
  grad: answersBool,
  cases: broadcastCases(),
});

export const Less = defineOp(operators.Less, {
  grad: answersBool,
  cases: broadcastCases(),
});

export const LessOrEqual = defineOp(operators.LessOrEqual, {
  grad: answersBool,
  cases: broadcastCases(),
});

export const Xor = defineOp(operators.Xor, { grad: answersBool, cases: boolCases });

export const And = defineOp(operators.And, {
  grad: answersBool,
  cases: boolCases,
});

export const Or = defineOp(operators.Or, {
  grad: answersBool,
  cases: boolCases,
});

export const Not = defineOp(operators.Not, {
  grad: answersBool,
  cases: [{ inputs: [{ shape: ["N", 3], dtype: "bool" }] }],
});

export const Where = defineOp(operators.Where, {
  grad: ({ dy, g, inputs: [condition] }) => [
    null,
    () => g.where(condition, dy, 0),
    () => g.where(condition, 0, dy),
  ],
  cases: [
    { inputs: [{ shape: ["N", 3], dtype: "bool" }, ["N", 3], ["N", 3]] },
    { inputs: [{ shape: ["N", 1], dtype: "bool" }, [3], []] },
  ],
});

export function builders(g: Graph): LogicBuilders {
  const compare = (op: Op) => (a: Operand, b: Operand) => g.emit(op, pair(g, a, b));
  return {
    equal: compare(Equal),
    greater: compare(Greater),
    greaterOrEqual: compare(GreaterOrEqual),
    less: compare(Less),
    and: compare(And),
    or: compare(Or),
    not: (x) => g.emit(Not, [x]),
    where: (condition, whenTrue, whenFalse) =>
      g.emit(Where, [condition, ...pair(g, whenTrue, whenFalse)]),
  };
}
