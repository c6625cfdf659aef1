import type { AttributeValue, Dim, DType, Operator, PerInput, Shape } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";

export type { Shape };

/** One tensor in a graph under construction: a graph input, a constant, or an output of a node. */
export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
  /** Null for inputs and constants. */
  readonly node: Node | null;
  /**
   * For small integer tensors, what they hold as far as it is known while building: the
   * values of a constant, or the sizes that a Shape node will answer. Shape rules read it.
   */
  readonly content: readonly Dim[] | null;
}

/** A number stands for a scalar constant of the other operand's type. */
export type Operand = Value | number;

export interface Node {
  readonly operator: Operator;
  /** Null for an optional one that is left out. */
  readonly inputs: readonly (Value | null)[];
  /** All that the operator knows; null for an optional one that is left out. */
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
  readonly outputs: readonly Value[];
  /** The graphs that it runs, by the names of the attributes that hold them. */
  readonly subgraphs: Readonly<Record<string, Subgraph>>;
  /** What its subgraphs read of the graph around them: inputs without a place of their own. */
  readonly captured: readonly Value[];
  /** What the model calls it that it was read from; null where it was built here. */
  readonly origin: string | null;
  /** Those of the outputs that are left out of a model where nobody reads them. */
  readonly optional: ReadonlySet<Value>;
}

/** A graph that a node runs. Its nodes may read the values of the graph around it as they are. */
export interface Subgraph {
  readonly g: Graph;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly captured: readonly Value[];
}

/** As rules take inputs apart: one that is left out is undefined. */
export const perInput = (inputs: Node["inputs"]): PerInput<Value> =>
  inputs.map((input) => input ?? undefined) as readonly (Value | undefined)[] as PerInput<Value>;
