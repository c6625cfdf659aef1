interface TypedArrays {
  float32: Float32Array;
  uint8: Uint8Array;
  int8: Int8Array;
  uint16: Uint16Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  /** One byte a value, 0 or 1. */
  bool: Uint8Array;
  float16: Float16Array;
  float64: Float64Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
}

/** Element types of tensors. */
export type DType = keyof TypedArrays;

/** The typed array that holds elements of type `D`. */
export type TypedArrayOf<D extends DType> = TypedArrays[D];

export type TypedArray = TypedArrays[DType];

interface ArrayType<A> {
  new (length: number): A;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * The names each type goes by elsewhere: ONNX's number (`TensorProto.DataType` in
 * onnx.proto) and the tag in a safetensors header.
 */
const TYPES: {
  readonly [D in DType]: {
    readonly onnx: number;
    readonly safetensors: string;
    readonly array: ArrayType<TypedArrays[D]>;
  };
} = {
  float32: { onnx: 1, safetensors: "F32", array: Float32Array },
  uint8: { onnx: 2, safetensors: "U8", array: Uint8Array },
  int8: { onnx: 3, safetensors: "I8", array: Int8Array },
  uint16: { onnx: 4, safetensors: "U16", array: Uint16Array },
  int16: { onnx: 5, safetensors: "I16", array: Int16Array },
  int32: { onnx: 6, safetensors: "I32", array: Int32Array },
  int64: { onnx: 7, safetensors: "I64", array: BigInt64Array },
  bool: { onnx: 9, safetensors: "BOOL", array: Uint8Array },
  float16: { onnx: 10, safetensors: "F16", array: Float16Array },
  float64: { onnx: 11, safetensors: "F64", array: Float64Array },
  uint32: { onnx: 12, safetensors: "U32", array: Uint32Array },
  uint64: { onnx: 13, safetensors: "U64", array: BigUint64Array },
};

export const DTYPES = Object.keys(TYPES) as DType[];

const byOnnxCode = new Map<number, DType>(DTYPES.map((dtype) => [TYPES[dtype].onnx, dtype]));
const bySafetensorsTag = new Map<string, DType>(
  DTYPES.map((dtype) => [TYPES[dtype].safetensors, dtype]),
);

export const onnxCode = (dtype: DType): number => TYPES[dtype].onnx;

export const dtypeOfOnnxCode = (code: number): DType | undefined => byOnnxCode.get(code);

export const safetensorsTag = (dtype: DType): string => TYPES[dtype].safetensors;

export const dtypeOfSafetensorsTag = (tag: string): DType | undefined => bySafetensorsTag.get(tag);

/** Bytes of one element. */
export const elementSize = (dtype: DType): number => TYPES[dtype].array.BYTES_PER_ELEMENT;

export const isFloat = (dtype: DType): boolean => dtype.startsWith("float");

/** A zero-filled array of `length` elements. */
export function allocate<D extends DType>(dtype: D, length: number): TypedArrayOf<D> {
  return new TYPES[dtype].array(length);
}

/** The numbers as elements of type `dtype`; int64 and uint64 take them as whole. */
export function elementsFrom<D extends DType>(
  dtype: D,
  numbers: readonly (number | bigint)[],
): TypedArrayOf<D> {
  const elements = allocate(dtype, numbers.length);
  const stored: TypedArray = elements;
  const big = stored instanceof BigInt64Array || stored instanceof BigUint64Array;
  for (const [i, number] of numbers.entries()) {
    if (big) stored[i] = BigInt(number);
    else stored[i] = Number(number);
  }
  return elements;
}

/** Views `length` elements of `buffer` from `byteOffset`, which must be a multiple of the element size. */
export function viewOf<D extends DType>(
  dtype: D,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): TypedArrayOf<D> {
  return new TYPES[dtype].array(buffer, byteOffset, length);
}

export const holds = (dtype: DType, data: TypedArray): boolean =>
  data instanceof TYPES[dtype].array;
