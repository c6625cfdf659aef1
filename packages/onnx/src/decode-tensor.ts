import { dtypeOfOnnxCode, elementsFrom, elementSize } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { STRING_CODE } from "./encode.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Int64, ModelTensor } from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";
import { sizeOf } from "./tensor.ts";

/** What a `TensorProto` held: raw bytes, or one of the typed lists. */
interface TensorFields {
  name: string;
  type: number;
  raw: Uint8Array | undefined;
  strings: string[];
  floats: number[];
  integers: Int64[];
  dims: Int64[];
}

/** Reads a `TensorProto`. @throws OnnxFormatError */
export function decodeTensor(reader: ProtobufReader): ModelTensor {
  const held = readFields(reader);
  const { name, type } = held;
  const dims = held.dims.map((dim) => {
    if (typeof dim === "bigint" || dim < 0) throw new OnnxFormatError(`"${name}" has size ${dim}`);
    return dim;
  });
  const size = sizeOf(dims);
  if (type === STRING_CODE) {
    if (held.strings.length !== size) throw wrongLength(name, dims, held.strings.length);
    return { name, dtype: "string", dims, strings: held.strings };
  }
  const dtype = dtypeOfOnnxCode(type);
  if (dtype === undefined) throw new OnnxFormatError(`"${name}" has element type ${type}`);
  const bytes = held.raw ?? bytesOfList(dtype, held);
  if (bytes.length !== size * elementSize(dtype)) {
    throw wrongLength(name, dims, bytes.length / elementSize(dtype));
  }
  return { name, dtype, dims, bytes };
}

function readFields(reader: ProtobufReader): TensorFields {
  const held: TensorFields = {
    name: "",
    type: 0,
    raw: undefined,
    strings: [],
    floats: [],
    integers: [],
    dims: [],
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) reader.int64s(held.dims);
    else if (field === 2) held.type = reader.unsigned();
    else if (field === 3) throw new OnnxFormatError("Tensors in segments are not read");
    else if (field === 4) reader.floats(held.floats);
    else if (field === 6) held.strings.push(reader.text());
    else if (field === 5 || field === 7 || field === 11) reader.int64s(held.integers);
    else if (field === 8) held.name = reader.text();
    else if (field === 9) held.raw = reader.bytes();
    else if (field === 10) reader.doubles(held.floats);
    else if (field === 13) throw new OnnxFormatError("Tensors in external files are not read");
    else reader.skip();
  }
  return held;
}

/** The typed lists of a TensorProto in the layout of raw_data. */
function bytesOfList(dtype: DType, held: TensorFields): Uint8Array {
  const isList = dtype === "float32" || dtype === "float64";
  const values = isList ? held.floats : held.integers;
  // float16 comes as the bits of each value in int32_data.
  const stored = elementsFrom(dtype === "float16" ? "uint16" : dtype, values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

const wrongLength = (name: string, dims: readonly number[], got: number): OnnxFormatError =>
  new OnnxFormatError(`"${name}" [${dims.join(", ")}] holds ${got} elements`);
