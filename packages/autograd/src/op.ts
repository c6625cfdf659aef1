import type { DType, Dim } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";
import type { Shape, Value } from "./value.ts";

/**
 * How each ONNX attribute of an operator is written: ONNX tells 1 (int) from 1.0 (float),
 * JavaScript doesn't.
 */
export type AttributeKinds = Readonly<Record<string, keyof AttributeTypes>>;

interface AttributeTypes {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  dtype: DType;
}

export type AttributeValue = AttributeTypes[keyof AttributeTypes];

type AttributesOf<K extends AttributeKinds> = {
  readonly [Name in keyof K]: AttributeTypes[K[Name]];
};

/**
 * One for each input of an operator. Typed as if every operator had at least three, so that
 * rules can take them apart by position; a rule reads only those that its operator has.
 */
export type PerInput<T> = readonly [T, T, T, ...T[]];

/** What a shape rule may look at beside the shapes. */
interface ShapeSite<K extends AttributeKinds = AttributeKinds> {
  readonly inputs: PerInput<Value>;
  readonly attributes: AttributesOf<K>;
}

/** What a shape rule says of one output, where the shape alone doesn't say it all. */
export interface OutputSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly content?: readonly Dim[];
  /** The operator need not compute it where nobody reads it. */
  readonly optional?: boolean;
}

/** The shape of the only output, or `several(...)`. */
export type ShapeAnswer = Shape | Several;

interface Several {
  readonly outputs: readonly OutputSpec[];
}

/** Answer of a shape rule for an operator with more than one output, or one whose content is known. */
export const several = (outputs: readonly OutputSpec[]): Several => ({ outputs });

/** @throws GraphError where the shapes don't go together */
export type ShapeRule<K extends AttributeKinds = AttributeKinds> = (
  shapes: PerInput<Shape>,
  site: ShapeSite<K>,
) => ShapeAnswer;

/** What a gradient rule sees: a node, and the slope of the loss with respect to its outputs. */
export interface GradientSite<K extends AttributeKinds = AttributeKinds> {
  readonly g: Graph;
  /** Slope with respect to the first output, of its shape. */
  readonly dy: Value;
  /** First output. */
  readonly y: Value;
  readonly inputs: PerInput<Value>;
  readonly attributes: AttributesOf<K>;
  readonly outputs: readonly Value[];
  /** Slopes of all outputs; null where the loss doesn't depend on one. */
  readonly slopes: readonly (Value | null)[];
}

/**
 * One entry for each input, called only if that input's slope is wanted. Null, or no entry,
 * stands for an input that is never wanted because it isn't a float.
 *
 * A slope may have the broadcast shape: the walker sums it to the input's.
 */
export type Slopes = readonly ((() => Value) | null)[];

type GradientRule<K extends AttributeKinds = AttributeKinds> = (site: GradientSite<K>) => Slopes;

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
  | { readonly shape: Shape; readonly dtype: "int64"; readonly below: number }
  /** An int64 vector known while building. */
  | { readonly ints: readonly number[] }
  /** The sizes of a tensor of this shape, which a Shape node reads off while running. */
  | { readonly sizesOf: Shape };

/** Symbolic sizes are bound by the test. */
export interface Case<K extends AttributeKinds = AttributeKinds> {
  readonly inputs: readonly CaseInput[];
  readonly attributes?: AttributesOf<K>;
}

export type Cases<K extends AttributeKinds = AttributeKinds> = readonly [Case<K>, ...Case<K>[]];

/** One whole operator of ONNX. */
export interface OpDefinition<K extends AttributeKinds = AttributeKinds> {
  readonly name: string;
  readonly attributes?: K;
  readonly shape: ShapeRule<K>;
  /** Element type of the only output. Default: that of the first input. */
  readonly dtype?: (site: ShapeSite<K>) => DType;
  readonly grad: GradientRule<K> | NoGradient;
  /** At least one: an operator without a test doesn't compile. */
  readonly cases: Cases<K>;
  /** "float32" where the runtime has no float64 kernel. Default "float64". */
  readonly check?: "float32" | "float64";
}

/** An operator whose attribute types are forgotten, so that all fit one list. */
export interface Op extends OpDefinition {
  readonly attributes: AttributeKinds;
  readonly check: "float32" | "float64";
}

/** Defines one operator: shape rule, gradient rule, test cases. */
export function defineOp<const K extends AttributeKinds = Record<never, never>>(
  definition: OpDefinition<K>,
): Op {
  const { name, shape, dtype, grad, cases, check = "float64", attributes = {} } = definition;
  return {
    name,
    check,
    cases,
    attributes,
    shape: (shapes, site) => shape(shapes, remember<ShapeSite<K>>(site)),
    ...(dtype && { dtype: (site) => dtype(remember<ShapeSite<K>>(site)) }),
    grad: typeof grad === "function" ? (site) => grad(remember<GradientSite<K>>(site)) : grad,
  };
}

/** The rules of an operator know its attributes; `emit` has held them against its kinds. */
const remember = <S extends ShapeSite>(site: ShapeSite): S => site as S;
