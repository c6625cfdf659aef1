import type { DType } from "@groundswell/onnx";

import type { Operand, Value } from "../value.ts";

/** Shapes broadcast as in NumPy. At most one operand of a call may be a number. */
export interface ElementwiseBuilders {
  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  div(a: Operand, b: Operand): Value;
  max(a: Operand, b: Operand): Value;
  min(a: Operand, b: Operand): Value;
  neg(x: Value): Value;
  exp(x: Value): Value;
  log(x: Value): Value;
  sqrt(x: Value): Value;
  square(x: Value): Value;
  sign(x: Value): Value;
  relu(x: Value): Value;
  sigmoid(x: Value): Value;
  tanh(x: Value): Value;
  /** ln(1 + eˣ) */
  softplus(x: Value): Value;
  cast(x: Value, to: DType): Value;
  /** `condition` is bool. */
  where(condition: Value, whenTrue: Operand, whenFalse: Operand): Value;
  equal(a: Operand, b: Operand): Value;
  greater(a: Operand, b: Operand): Value;
  less(a: Operand, b: Operand): Value;
  and(a: Value, b: Value): Value;
  or(a: Value, b: Value): Value;
  not(x: Value): Value;
}
