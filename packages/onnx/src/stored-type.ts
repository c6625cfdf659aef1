/**
 * Element types that files may hold and no typed array does: they are kept as their bytes. Their
 * numbers (`TensorProto.DataType`), the bits of an element, and the list of a TensorProto that
 * may hold them in place of raw bytes.
 */
const TYPES = {
  complex64: { onnx: 14, bits: 64, list: "floats" },
  complex128: { onnx: 15, bits: 128, list: "doubles" },
  bfloat16: { onnx: 16, bits: 16, list: "int32s" },
  float8e4m3fn: { onnx: 17, bits: 8, list: "int32s" },
  float8e4m3fnuz: { onnx: 18, bits: 8, list: "int32s" },
  float8e5m2: { onnx: 19, bits: 8, list: "int32s" },
  float8e5m2fnuz: { onnx: 20, bits: 8, list: "int32s" },
  uint4: { onnx: 21, bits: 4, list: "int32s" },
  int4: { onnx: 22, bits: 4, list: "int32s" },
  float4e2m1: { onnx: 23, bits: 4, list: "int32s" },
  float8e8m0: { onnx: 24, bits: 8, list: "int32s" },
  uint2: { onnx: 25, bits: 2, list: "int32s" },
  int2: { onnx: 26, bits: 2, list: "int32s" },
  float6e2m3: { onnx: 27, bits: 6, list: "int32s" },
  float6e3m2: { onnx: 28, bits: 6, list: "int32s" },
} as const;

export type StoredType = keyof typeof TYPES;

export const STORED_TYPES = Object.keys(TYPES) as StoredType[];

const byOnnxCode = new Map<number, StoredType>(
  STORED_TYPES.map((type) => [TYPES[type].onnx, type]),
);

export const isStoredType = (type: string): type is StoredType => Object.hasOwn(TYPES, type);

export const storedTypeOfOnnxCode = (code: number): StoredType | undefined => byOnnxCode.get(code);

export const storedTypeCode = (type: StoredType): number => TYPES[type].onnx;

export const storedTypeBits = (type: StoredType): number => TYPES[type].bits;

export const storedTypeList = (type: StoredType): "floats" | "doubles" | "int32s" =>
  TYPES[type].list;
