/** For what tests files of tensors and looks into models: not part of the library. */
export { decodeTensor } from "./decode-tensor.ts";
export { viewOf } from "./dtype.ts";
export { readProtobuf } from "./protobuf-reader.ts";
