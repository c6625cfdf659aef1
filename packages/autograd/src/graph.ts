import type { DType } from "@groundswell/onnx";

import type { Op } from "./op.ts";
import type { ElementwiseBuilders } from "./ops/elementwise.ts";
import type { GatherBuilders } from "./ops/gather.ts";
import type { MatmulBuilders } from "./ops/matmul.ts";
import type { ReduceBuilders } from "./ops/reduce.ts";
import type { ShapeBuilders } from "./ops/shape.ts";
import type { SoftmaxBuilders } from "./ops/softmax.ts";
import type { Node, Operand, Shape, Value } from "./value.ts";

/** What does not depend on any operator. */
export interface GraphCore {
  /** Nodes in the order of their creation, which is a topological order. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  /** @throws GraphError for a name that an input has already */
  input(name: string, dtype: DType, shape: Shape): Value;
  /**
   * A constant. Without `shape` a number is a scalar and a list a vector. Equal constants
   * are one value.
   */
  constant(data: number | readonly number[], dtype: DType, shape?: readonly number[]): Value;
  /** Appends a node, or answers the node that computes the same already. First output. */
  emit(op: Op, inputs: readonly (Value | null)[], attributes?: Record<string, unknown>): Value;
  /** All outputs. */
  emitAll(
    op: Op,
    inputs: readonly (Value | null)[],
    attributes?: Record<string, unknown>,
  ): readonly Value[];
  /** A number becomes a scalar of `like`'s type. */
  operand(value: Operand, like: Value): Value;
}

export interface Graph
  extends
    GraphCore,
    ElementwiseBuilders,
    MatmulBuilders,
    ReduceBuilders,
    ShapeBuilders,
    GatherBuilders,
    SoftmaxBuilders {}
