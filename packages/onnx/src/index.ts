export { DTYPES, allocate, elementSize, isFloat } from "./dtype.ts";
export type { DType, TypedArray, TypedArrayOf } from "./dtype.ts";
export { OnnxFormatError, SafetensorsFormatError, SessionError } from "./errors.ts";
export type * from "./model.ts";
export { openSession } from "./session.ts";
export type { Session, SessionOptions } from "./session.ts";
export { dataOf, sizeOf, tensor, zeros } from "./tensor.ts";
export type { Tensor } from "./tensor.ts";
