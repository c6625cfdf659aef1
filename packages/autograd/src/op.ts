import type { AttributesOf, AttributeSpecs, Operator, PerInput, Shape } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";
import type { Subgraph, Value } from "./value.ts";

/** What a gradient rule sees: a node, and the slope of the loss with respect to its outputs. */
export interface GradientSite<A extends AttributeSpecs = AttributeSpecs> {
  readonly g: Graph;
  /** Slope with respect to the first output, of its shape. */
  readonly dy: Value;
  /** First output. */
  readonly y: Value;
  readonly inputs: PerInput<Value>;
  readonly attributes: AttributesOf<A>;
  /** The graphs among the attributes, as they were built. */
  readonly subgraphs: Readonly<Record<string, Subgraph>>;
  readonly outputs: readonly Value[];
  /** Slopes of all outputs; null where the loss doesn't depend on one. */
  readonly slopes: readonly (Value | null)[];
  /** `gradient`, with null for what the loss doesn't depend on: for rules of nodes that run graphs. */
  readonly slopesOf: (g: Graph, loss: Value, wrt: readonly Value[]) => (Value | null)[];
}

/**
 * One entry for each input, called only if that input's slope is wanted. Null, or no entry,
 * stands for an input that is never wanted because it isn't a float. What the node's
 * subgraphs capture follows its inputs.
 *
 * A slope may have the broadcast shape: the walker sums it to the input's.
 */
export type Slopes = readonly ((() => Value) | null)[];

/** Several nodes whose slope is said as a whole. */
export interface Region {
  readonly inputs: readonly Value[];
  /** One entry for each input, for the slope `dy` of the region's output. */
  readonly slopes: (site: { readonly dy: Value }) => Slopes;
}

type GradientRule<A extends AttributeSpecs = AttributeSpecs> = (site: GradientSite<A>) => Slopes;

/** There is no rule, for a reason: either the slope is zero wherever it exists, or it is unknown. */
export interface NoGradient {
  readonly kind: "flat" | "undifferentiable";
  readonly reason: string;
}

/** Slope zero wherever it exists: the walker stops here. */
export const flat = (reason: string): NoGradient => ({ kind: "flat", reason });

/** There is a slope and no rule for it: the walker refuses. */
export const undifferentiable = (reason: string): NoGradient => ({
  kind: "undifferentiable",
  reason,
});

/** An input of a test case. A bare shape is a float tensor of normal draws. */
export type CaseInput =
  | Shape
  | { readonly shape: Shape; readonly between: readonly [number, number] }
  | { readonly shape: Shape; readonly dtype: "bool" }
  | { readonly shape: Shape; readonly dtype: "int64" | "uint32"; readonly below: number }
  /** An int64 scalar known while building. */
  | { readonly int: number }
  /** An int64 vector known while building. */
  | { readonly ints: readonly number[] }
  /** A float constant, of which no slope is asked. */
  | { readonly floats: readonly number[]; readonly shape: readonly number[] }
  /** The sizes of a tensor of this shape, which a Shape node reads off while running. */
  | { readonly sizesOf: Shape }
  /** An optional input that the node leaves out. */
  | null;

/** Symbolic sizes are bound by the test; attributes that are left out have their defaults. */
export interface Case<A extends AttributeSpecs = AttributeSpecs> {
  readonly inputs: readonly CaseInput[];
  readonly attributes?: Partial<AttributesOf<A>>;
  /** What the graphs among the attributes read of the graph around them. */
  readonly captured?: readonly CaseInput[];
  /** The graphs among the attributes; `captured` are drawn as inputs are. */
  readonly subgraphs?: (g: Graph, captured: readonly Value[]) => Readonly<Record<string, Subgraph>>;
}

export type Cases<A extends AttributeSpecs = AttributeSpecs> = readonly [Case<A>, ...Case<A>[]];

/** The calculus of one operator of ONNX. */
export interface OpDefinition<A extends AttributeSpecs = AttributeSpecs> {
  readonly grad: GradientRule<A> | NoGradient;
  /** At least one: an operator without a test doesn't compile. */
  readonly cases: Cases<A>;
  /** "float32" where the runtime has no float64 kernel. Default "float64". */
  readonly check?: "float32" | "float64";
}

/** An operator with its calculus; attribute types are forgotten, so that all fit one list. */
export interface Op extends OpDefinition {
  readonly operator: Operator;
  readonly check: "float32" | "float64";
}

/** Gives an operator its gradient rule and test cases. */
export function defineOp<A extends AttributeSpecs>(
  operator: Operator<A>,
  { grad, cases, check = "float64" }: OpDefinition<A>,
): Op {
  return {
    operator,
    check,
    cases,
    // `emit` has held the attributes against the operator's.
    grad: typeof grad === "function" ? (site) => grad(site as GradientSite<A>) : grad,
  };
}
