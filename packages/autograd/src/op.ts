import type { DType } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";
import type { Node, Shape, Value } from "./value.ts";

/**
 * How each ONNX attribute of an operator is written: ONNX tells 1 (int) from 1.0 (float),
 * JavaScript doesn't.
 */
export type AttributeKinds = Readonly<
  Record<string, "int" | "float" | "string" | "ints" | "dtype">
>;

interface AttributeTypes {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  dtype: DType;
}

export type AttributesOf<K extends AttributeKinds> = {
  readonly [Name in keyof K]: AttributeTypes[K[Name]];
};

/** What a shape rule may look at beside the shapes. */
export interface ShapeSite<K extends AttributeKinds = AttributeKinds> {
  readonly inputs: readonly (Value | null)[];
  readonly attributes: AttributesOf<K>;
}

/** One output of an operator with several. */
export interface OutputSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The answer of a shape rule: the shape of the only output, or `several(...)`. */
export type ShapeAnswer = Shape | { readonly several: readonly OutputSpec[] };

export type ShapeRule<K extends AttributeKinds = AttributeKinds> = (
  shapes: readonly Shape[],
  site: ShapeSite<K>,
) => ShapeAnswer;

/** What a gradient rule sees: the node, and the slope of the loss with respect to its outputs. */
export interface GradientSite<K extends AttributeKinds = AttributeKinds> {
  readonly g: Graph;
  /** Slope with respect to the first output, of its shape. */
  readonly dy: Value;
  /** First output. */
  readonly y: Value;
  readonly inputs: readonly Value[];
  readonly attributes: AttributesOf<K>;
  /** Slopes of all outputs; null where the loss doesn't depend on one. */
  readonly slopes: readonly (Value | null)[];
  readonly outputs: readonly Value[];
}

/**
 * One entry for each input: called only if that input's slope is wanted. Null, or a missing
 * entry, stands for inputs that are never wanted because they aren't floats.
 *
 * A slope may have the broadcast shape: the walker sums it to the input's.
 */
export type Slopes = readonly ((() => Value) | null)[];

export interface GradientRule<K extends AttributeKinds = AttributeKinds> {
  (site: GradientSite<K>): Slopes;
}

/** Slope zero everywhere it exists; the walker stops there. */
export interface Flat {
  readonly kind: "flat";
  readonly reason: string;
}

/** There is a slope and no rule for it; the walker refuses. */
export interface Undifferentiable {
  readonly kind: "undifferentiable";
  readonly reason: string;
}

export const flat = (reason: string): Flat => ({ kind: "flat", reason });

export const undifferentiable = (reason: string): Undifferentiable => ({
  kind: "undifferentiable",
  reason,
});

/** Shape rule answer of an operator with more than one output. */
export const several = (outputs: readonly OutputSpec[]): ShapeAnswer => ({ several: outputs });

/**
 * An input of a test case. A bare shape is a float tensor of normal draws; a symbolic size
 * is bound by the test.
 */
export type CaseInput =
  | Shape
  | { readonly shape: Shape; readonly between: readonly [number, number] }
  | { readonly shape: Shape; readonly dtype: "bool" }
  | { readonly shape: Shape; readonly dtype: "int64"; readonly below: number }
  | { readonly ints: readonly number[] }
  /** The sizes of this shape, answered by a Shape node on an input of its own. */
  | { readonly sizesOf: Shape };

export interface Case<K extends AttributeKinds = AttributeKinds> {
  readonly inputs: readonly CaseInput[];
  readonly attributes?: AttributesOf<K>;
}

export type Cases<K extends AttributeKinds = AttributeKinds> = readonly [Case<K>, ...Case<K>[]];

export interface OpDefinition<K extends AttributeKinds> {
  /** ONNX operator name. */
  readonly name: string;
  /** Empty (default) for standard operators. */
  readonly domain?: string;
  readonly attributes?: K;
  readonly shape: ShapeRule<K>;
  /** Element type of the only output. Default: that of the first input. */
  readonly dtype?: (inputs: readonly DType[], attributes: AttributesOf<K>) => DType;
  readonly grad: GradientRule<K> | Flat | Undifferentiable;
  /** At least one: an operator without a test doesn't compile. */
  readonly cases: Cases<K>;
  /** "float32" where the runtime has no float64 kernel. Default "float64". */
  readonly check?: "float32" | "float64";
}

/** A registered operator, its attribute types forgotten. */
export interface Op extends OpDefinition<AttributeKinds> {
  readonly domain: string;
  readonly attributes: AttributeKinds;
  readonly check: "float32" | "float64";
}

/** Registers one whole operator: shape rule, gradient rule and test cases. */
export function defineOp<const K extends AttributeKinds = Record<never, never>>(
  definition: OpDefinition<K>,
): Op {
  // The rules keep their attribute types inside; the graph checks attributes against the kinds.
  const erased = definition as unknown as OpDefinition<AttributeKinds>;
  return { domain: "", check: "float64", ...erased, attributes: erased.attributes ?? {} };
}

export type { Node };
