import type { DType } from "./dtype.ts";

/** A size, or a name for one that is only known when the model runs ("" where it has no name). */
export type Dim = number | string;

/** ONNX has strings as elements too; no session here takes or gives them. */
export type ElementType = DType | "string";

/** Numbers stay in ONNX's own layout, little-endian and row-major, so that reading copies nothing. */
export interface NumericTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

export interface StringTensor {
  readonly name: string;
  readonly dtype: "string";
  readonly dims: readonly number[];
  readonly strings: readonly string[];
}

export type ModelTensor = NumericTensor | StringTensor;

/**
 * An input or output of a graph. Null where the model doesn't say: outputs of subgraphs often
 * have no type, and then no shape either.
 */
export interface ValueInfo {
  readonly name: string;
  readonly dtype: ElementType | null;
  readonly shape: readonly Dim[] | null;
}

/** int64 values outside the safe range of a number come as bigint. */
export type Int64 = number | bigint;

/** `AttributeProto` without sparse tensors and type protos, which no standard operator here needs. */
export type Attribute =
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: Int64 }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: ModelTensor }
  | { readonly kind: "graph"; readonly value: GraphDef }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly Int64[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensors"; readonly value: readonly ModelTensor[] }
  | { readonly kind: "graphs"; readonly value: readonly GraphDef[] };

export interface NodeDef {
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly name: string;
  /** An empty name is an optional input that was left out; the same for outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface GraphDef {
  readonly name: string;
  readonly nodes: readonly NodeDef[];
  readonly initializers: readonly ModelTensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
}

export interface OperatorSet {
  readonly domain: string;
  readonly version: number;
}

export interface Model {
  readonly irVersion: number;
  readonly producer: string;
  readonly operatorSets: readonly OperatorSet[];
  readonly graph: GraphDef;
}
