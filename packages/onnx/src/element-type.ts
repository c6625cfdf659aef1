import { dtypeOfOnnxCode, elementSize, onnxCode } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import type { ElementType, ModelTensor, NumericTensor } from "./model.ts";
import {
  isStoredType,
  storedTypeBits,
  storedTypeCode,
  storedTypeOfOnnxCode,
} from "./stored-type.ts";
import type { StoredType } from "./stored-type.ts";

/** `TensorProto.DataType.STRING`. */
const STRING_CODE = 8;

/** A type that sessions take and give. */
export const isDType = (type: ElementType | null | undefined): type is DType =>
  type !== null && type !== undefined && type !== "string" && !isStoredType(type);

/** A tensor of such elements. */
export const isNumeric = (tensor: ModelTensor): tensor is NumericTensor => isDType(tensor.dtype);

/** Undefined for a number that ONNX doesn't have (yet). */
export const elementTypeOfCode = (code: number): ElementType | undefined =>
  code === STRING_CODE ? "string" : (dtypeOfOnnxCode(code) ?? storedTypeOfOnnxCode(code));

export function elementCode(type: ElementType): number {
  if (type === "string") return STRING_CODE;
  return isStoredType(type) ? storedTypeCode(type) : onnxCode(type);
}

/** Bytes that `elements` of them take; those narrower than a byte lie packed. */
export const bytesFor = (type: DType | StoredType, elements: number): number =>
  isStoredType(type)
    ? Math.ceil((elements * storedTypeBits(type)) / 8)
    : elements * elementSize(type);
