import type { Dim, DType } from "@groundswell/onnx";

import type { Op } from "./op.ts";

export type Shape = readonly Dim[];

/** One tensor in a graph under construction: a graph input, a constant, or an output of a node. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Null for inputs and constants. */
  readonly node: Node | null;
  /**
   * For small integer tensors, what they hold, as far as it is known while building: the
   * values of a constant, or the sizes that a Shape node will answer with (names for
   * symbolic ones). Shape rules of Reshape, Expand and the reductions read it.
   */
  readonly content: readonly Dim[] | null;
}

/** Numbers stand for scalar constants of the other operand's type. */
export type Operand = Value | number;

export interface Node {
  readonly op: Op;
  /** Null is an optional input that was left out. */
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Value[];
}
