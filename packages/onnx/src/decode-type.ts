import { described, readEntry } from "./decode-entries.ts";
import { elementTypeOfCode } from "./element-type.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Dim, ElementType, TensorType, ValueInfo, ValueType } from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** Reads a `ValueInfoProto`. @throws OnnxFormatError */
export function readValueInfo(reader: ProtobufReader): ValueInfo {
  let name = "";
  let type: ValueType | null = null;
  let doc = "";
  const metadata: [string, string][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) type = readType(reader.message());
    else if (field === 3) doc = reader.text();
    else if (field === 4) metadata.push(readEntry(reader.message()));
    else throw reader.unknown("a value info");
  }
  const text = described(doc, metadata);
  if (type?.kind === "tensor") {
    const { kind: _, ...tensor } = type;
    return { name, ...tensor, ...text };
  }
  return { name, dtype: null, shape: null, ...(type !== null && { type }), ...text };
}

/** Reads a `TypeProto`; null where it names no type. @throws OnnxFormatError */
export function readType(reader: ProtobufReader): ValueType | null {
  let type: ValueType | null = null;
  let denotation = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) type = readTensorType(reader.message(), "tensor");
    else if (field === 4) type = { kind: "sequence", of: readElement(reader.message()) };
    else if (field === 5) type = readMap(reader.message());
    else if (field === 6) denotation = reader.text();
    else if (field === 7) type = readOpaque(reader.message());
    else if (field === 8) type = readTensorType(reader.message(), "sparse");
    else if (field === 9) type = { kind: "optional", of: readElement(reader.message()) };
    else throw reader.unknown("a type");
  }
  if (denotation === "") return type;
  if (type === null) throw new OnnxFormatError(`The type "${denotation}" is not said`);
  return { ...type, denotation };
}

function readElement(reader: ProtobufReader): ValueType | null {
  let type: ValueType | null = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) type = readType(reader.message());
    else throw reader.unknown("a sequence or optional type");
  }
  return type;
}

function readMap(reader: ProtobufReader): ValueType {
  let key: ElementType | null = null;
  let of: ValueType | null = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = elementType(reader.unsigned());
    else if (field === 2) of = readType(reader.message());
    else throw reader.unknown("a map type");
  }
  if (key === null) throw new OnnxFormatError("A map type names no type of keys");
  return { kind: "map", key, of };
}

function readOpaque(reader: ProtobufReader): ValueType {
  let domain = "";
  let name = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) domain = reader.text();
    else if (field === 2) name = reader.text();
    else throw reader.unknown("an opaque type");
  }
  return { kind: "opaque", domain, name };
}

function readTensorType(reader: ProtobufReader, kind: TensorType["kind"]): TensorType {
  let dtype: ElementType | null = null;
  let axes: Pick<TensorType, "shape" | "axisDenotations"> = { shape: null };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) dtype = elementType(reader.unsigned());
    else if (field === 2) axes = readShape(reader.message());
    else throw reader.unknown("a tensor type");
  }
  return { kind, dtype, ...axes };
}

function readShape(reader: ProtobufReader): Pick<TensorType, "shape" | "axisDenotations"> {
  const shape: Dim[] = [];
  const axisDenotations: string[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== 1) throw reader.unknown("a shape");
    const [dim, denotation] = readDim(reader.message());
    shape.push(dim);
    axisDenotations.push(denotation);
  }
  return { shape, ...(axisDenotations.some((each) => each !== "") && { axisDenotations }) };
}

function readDim(reader: ProtobufReader): [Dim, string] {
  let dim: Dim = "";
  let denotation = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) dim = reader.unsigned();
    else if (field === 2) dim = reader.text();
    else if (field === 3) denotation = reader.text();
    else throw reader.unknown("a size");
  }
  return [dim, denotation];
}

/** Null for the number 0, with which some writers say that they don't know. */
function elementType(code: number): ElementType | null {
  const dtype = elementTypeOfCode(code);
  if (dtype === undefined && code !== 0)
    throw new OnnxFormatError(`Element type ${code} is not known`);
  return dtype ?? null;
}
