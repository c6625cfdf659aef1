import { byKey, described, readEntry } from "./decode-entries.ts";
import { elementsFrom } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import { bytesFor, elementTypeOfCode } from "./element-type.ts";
import { OnnxFormatError } from "./errors.ts";
import { externalBytes } from "./external-data.ts";
import type { ReadExternal } from "./external-data.ts";
import type { ElementType, Int64, ModelTensor, SparseTensor } from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";
import { isStoredType, storedTypeList } from "./stored-type.ts";
import type { StoredType } from "./stored-type.ts";
import { sizeOf } from "./tensor.ts";

/** Where a `TensorProto` may hold its elements. */
interface Lists {
  readonly floats: number[];
  readonly doubles: number[];
  readonly int32s: Int64[];
  readonly int64s: Int64[];
  readonly uint64s: Int64[];
  readonly strings: string[];
}

type ListName = keyof Lists;

interface TensorFields {
  name: string;
  type: number;
  doc: string;
  raw: Uint8Array | undefined;
  isExternal: boolean;
  readonly external: [string, string][];
  readonly metadata: [string, string][];
  readonly dims: Int64[];
  readonly lists: Lists;
}

/** Reads a `TensorProto`. @throws OnnxFormatError */
export function decodeTensor(reader: ProtobufReader, readExternal?: ReadExternal): ModelTensor {
  const held = readFields(reader);
  const { name } = held;
  const dtype = elementTypeOfCode(held.type);
  if (dtype === undefined) throw new OnnxFormatError(`"${name}" has element type ${held.type}`);
  const dims = sizesOf(held.dims, name);
  const source = sourceOf(held, dtype);
  const text = described(held.doc, held.metadata);
  if (dtype === "string") {
    const { strings } = held.lists;
    if (strings.length !== sizeOf(dims)) throw wrongLength(name, dims, `${strings.length} strings`);
    return { name, dtype, dims, strings, ...text };
  }
  const length = bytesFor(dtype, sizeOf(dims));
  const bytes =
    source === "external data"
      ? externalBytes(byKey(held.external, `"${name}"`), length, readExternal)
      : source === "list"
        ? bytesOfList(held, dtype)
        : (held.raw ?? new Uint8Array(0));
  if (bytes.length !== length) throw wrongLength(name, dims, `${bytes.length} bytes of ${dtype}`);
  const tensor = { name, dims, bytes, ...text };
  return isStoredType(dtype) ? { ...tensor, dtype } : { ...tensor, dtype };
}

/** Reads a `SparseTensorProto`. @throws OnnxFormatError */
export function decodeSparseTensor(
  reader: ProtobufReader,
  readExternal?: ReadExternal,
): SparseTensor {
  let values: ModelTensor | undefined;
  let indices: ModelTensor | undefined;
  const dims: Int64[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) values = decodeTensor(reader.message(), readExternal);
    else if (field === 2) indices = decodeTensor(reader.message(), readExternal);
    else if (field === 3) reader.int64s(dims);
    else throw reader.unknown("a sparse tensor");
  }
  if (values === undefined || indices === undefined) {
    throw new OnnxFormatError("A sparse tensor lacks its values or their positions");
  }
  return { values, indices, dims: sizesOf(dims, values.name) };
}

function readFields(reader: ProtobufReader): TensorFields {
  const lists: Lists = {
    floats: [],
    doubles: [],
    int32s: [],
    int64s: [],
    uint64s: [],
    strings: [],
  };
  const held: TensorFields = {
    name: "",
    type: 0,
    doc: "",
    raw: undefined,
    isExternal: false,
    external: [],
    metadata: [],
    dims: [],
    lists,
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) reader.int64s(held.dims);
    else if (field === 2) held.type = reader.unsigned();
    else if (field === 3) throw new OnnxFormatError("Tensors in segments are not read");
    else if (field === 8) held.name = reader.text();
    else if (field === 9) held.raw = reader.bytes();
    else if (field === 12) held.doc = reader.text();
    else if (field === 13) held.external.push(readEntry(reader.message()));
    else if (field === 14) held.isExternal = reader.unsigned() !== 0;
    else if (field === 16) held.metadata.push(readEntry(reader.message()));
    else readElements(reader, field, lists);
  }
  return held;
}

function readElements(reader: ProtobufReader, field: number, lists: Lists): void {
  if (field === 4) reader.floats(lists.floats);
  else if (field === 5) reader.int64s(lists.int32s);
  else if (field === 6) lists.strings.push(reader.text());
  else if (field === 7) reader.int64s(lists.int64s);
  else if (field === 10) reader.doubles(lists.doubles);
  else if (field === 11) reader.int64s(lists.uint64s);
  else throw reader.unknown("a tensor");
}

function sizesOf(dims: readonly Int64[], name: string): number[] {
  return dims.map((dim) => {
    if (typeof dim === "bigint" || dim < 0) throw new OnnxFormatError(`"${name}" has size ${dim}`);
    return dim;
  });
}

type Source = "list" | "raw bytes" | "external data";

/** Where the elements are. @throws OnnxFormatError where there are two places, or a wrong one */
function sourceOf({ name, lists, raw, isExternal, external }: TensorFields, dtype: ElementType) {
  const own = listOf(dtype);
  const sources: Source[] = [];
  for (const [list, elements] of Object.entries(lists) as [ListName, unknown[]][]) {
    if (elements.length === 0) continue;
    if (list !== own) throw new OnnxFormatError(`"${name}" is ${dtype} and holds ${list}`);
    sources.push("list");
  }
  // No bytes are what some writers give beside a list.
  if (raw !== undefined && raw.length > 0) sources.push("raw bytes");
  if (isExternal || external.length > 0) sources.push("external data");
  const [source, other] = sources;
  if (other !== undefined) throw new OnnxFormatError(`"${name}" holds a ${source} and ${other}`);
  if (dtype === "string" && source !== undefined && source !== "list") {
    throw new OnnxFormatError(`"${name}" is string and holds ${source}`);
  }
  return source;
}

const OWN_LIST: Readonly<Partial<Record<ElementType, ListName>>> = {
  string: "strings",
  float32: "floats",
  float64: "doubles",
  int64: "int64s",
  uint32: "uint64s",
  uint64: "uint64s",
};

/** The list that may hold elements of a type in place of raw bytes. */
const listOf = (dtype: ElementType): ListName =>
  isStoredType(dtype) ? storedTypeList(dtype) : (OWN_LIST[dtype] ?? "int32s");

/** A list's elements in the layout of raw bytes. */
function bytesOfList({ lists, name }: TensorFields, dtype: DType | StoredType): Uint8Array {
  if (dtype === "float6e2m3" || dtype === "float6e3m2") {
    throw new OnnxFormatError(`"${name}" is a list of ${dtype}, which are only read as raw bytes`);
  }
  const list = listOf(dtype);
  const values = list === "strings" ? [] : lists[list];
  const stored = elementsFrom(storedAs(dtype), values);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** Floats that ONNX writes as integers, bit for bit, and what is packed into bytes. */
function storedAs(dtype: DType | StoredType): DType {
  if (dtype === "float16" || dtype === "bfloat16") return "uint16";
  if (dtype === "complex64") return "float32";
  if (dtype === "complex128") return "float64";
  return isStoredType(dtype) ? "uint8" : dtype;
}

const wrongLength = (name: string, dims: readonly number[], got: string): OnnxFormatError =>
  new OnnxFormatError(`"${name}" [${dims.join(", ")}] holds ${got}`);
