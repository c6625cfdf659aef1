import type { DType } from "./dtype.ts";
import type { StoredType } from "./stored-type.ts";

/** A size, or a name for one that is only known when the model runs ("" where it has no name). */
export type Dim = number | string;

// What a file doesn't say is absent here too: no optional list, record or text is ever empty.

/** All that ONNX has. Sessions here take and give numbers (`DType`) only. */
export type ElementType = DType | StoredType | "string";

/** Pairs of keys and values beside a part of a model; no runtime reads them. */
export type Metadata = Readonly<Record<string, string>>;

/** What parts of a model say to people and tools. */
export interface Described {
  readonly doc?: string;
  readonly metadata?: Metadata;
}

/** Numbers stay in ONNX's own layout, little-endian and row-major, so that reading copies nothing. */
export interface NumericTensor extends Described {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** Elements narrower than a byte lie packed, the first in the lowest bits. */
export interface StoredTensor extends Described {
  readonly name: string;
  readonly dtype: StoredType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

export interface StringTensor extends Described {
  readonly name: string;
  readonly dtype: "string";
  readonly dims: readonly number[];
  readonly strings: readonly string[];
}

export type ModelTensor = NumericTensor | StoredTensor | StringTensor;

/** A tensor by those of its elements that aren't zero. */
export interface SparseTensor {
  /** Name, element type and elements: [count]. */
  readonly values: ModelTensor;
  /** int64: [count] of positions in the flattened tensor, or [count, rank] of coordinates. */
  readonly indices: ModelTensor;
  readonly dims: readonly number[];
}

/** A tensor as far as a model says: element type and shape may be missing. */
export interface TensorType {
  readonly kind: "tensor" | "sparse";
  readonly dtype: ElementType | null;
  readonly shape: readonly Dim[] | null;
  /** What the tensor is ("IMAGE"), and what each axis is ("DATA_BATCH"); "" where it isn't said. */
  readonly denotation?: string;
  readonly axisDenotations?: readonly string[];
}

/** `TypeProto`; null where it leaves open what it is made of. */
export type ValueType =
  | TensorType
  | { readonly kind: "sequence"; readonly of: ValueType | null; readonly denotation?: string }
  | { readonly kind: "optional"; readonly of: ValueType | null; readonly denotation?: string }
  | {
      readonly kind: "map";
      readonly key: ElementType;
      readonly of: ValueType | null;
      readonly denotation?: string;
    }
  | {
      readonly kind: "opaque";
      readonly domain: string;
      readonly name: string;
      readonly denotation?: string;
    };

/**
 * An input or output of a graph. Null where the model doesn't say: outputs of subgraphs often
 * have no type, and then mostly no shape either.
 */
export interface ValueInfo extends Described {
  readonly name: string;
  readonly dtype: ElementType | null;
  readonly shape: readonly Dim[] | null;
  readonly denotation?: string;
  readonly axisDenotations?: readonly string[];
  /** For what is no dense tensor; `dtype` and `shape` are null then. */
  readonly type?: ValueType;
}

/** int64 values outside the safe range of a number come as bigint. */
export type Int64 = number | bigint;

/** `AttributeProto`. */
export type Attribute = (
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "int"; readonly value: Int64 }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: ModelTensor }
  | { readonly kind: "graph"; readonly value: GraphDef }
  | { readonly kind: "sparse"; readonly value: SparseTensor }
  | { readonly kind: "type"; readonly value: ValueType }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "ints"; readonly value: readonly Int64[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensors"; readonly value: readonly ModelTensor[] }
  | { readonly kind: "graphs"; readonly value: readonly GraphDef[] }
  | { readonly kind: "sparses"; readonly value: readonly SparseTensor[] }
  | { readonly kind: "types"; readonly value: readonly ValueType[] }
  | Reference
) & { readonly doc?: string };

/** Inside of a function: what the function's caller gives for its attribute `value`. */
export interface Reference {
  readonly kind: "reference";
  readonly value: string;
  readonly of: Exclude<Attribute["kind"], "reference">;
}

export interface NodeDef extends Described {
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly name: string;
  /** An empty name is an optional input that was left out; the same for outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Tells functions of one name apart. */
  readonly overload?: string;
  /** `NodeDeviceConfigurationProto` messages, as their bytes: nothing here spreads a model over devices. */
  readonly deviceConfigurations?: readonly Uint8Array[];
}

/** How a value was quantised: parameters such as SCALE_TENSOR by the names of their tensors. */
export interface QuantizationAnnotation {
  readonly tensor: string;
  readonly parameters: Metadata;
}

export interface GraphDef extends Described {
  readonly name: string;
  readonly nodes: readonly NodeDef[];
  readonly initializers: readonly ModelTensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Types of other values, which a runtime infers again. */
  readonly valueInfos?: readonly ValueInfo[];
  readonly sparseInitializers?: readonly SparseTensor[];
  readonly quantization?: readonly QuantizationAnnotation[];
}

/** An operator that the model defines itself, out of others. */
export interface FunctionDef extends Described {
  readonly domain: string;
  readonly name: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes that a caller may give; those that have a default are in `defaults`. */
  readonly attributes: readonly string[];
  readonly defaults: Readonly<Record<string, Attribute>>;
  readonly nodes: readonly NodeDef[];
  readonly operatorSets: readonly OperatorSet[];
  readonly valueInfos?: readonly ValueInfo[];
}

/** `TrainingInfoProto`: graphs that set initialisers anew, at the start and in each step. */
export interface TrainingInfo {
  readonly initialization?: GraphDef;
  readonly algorithm?: GraphDef;
  /** Initialisers by the output that they are set to. */
  readonly initializationBinding: Metadata;
  readonly updateBinding: Metadata;
}

export interface OperatorSet {
  readonly domain: string;
  readonly version: number;
}

export interface Model extends Described {
  readonly irVersion: number;
  readonly producer: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: Int64;
  readonly operatorSets: readonly OperatorSet[];
  readonly graph: GraphDef;
  readonly functions?: readonly FunctionDef[];
  readonly training?: readonly TrainingInfo[];
  /** `DeviceConfigurationProto` messages, as their bytes. */
  readonly deviceConfigurations?: readonly Uint8Array[];
}
