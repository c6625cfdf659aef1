import { decodeSparseTensor, decodeTensor } from "./decode-tensor.ts";
import { readType } from "./decode-type.ts";
import { ATTRIBUTE_TYPES } from "./encode-attribute.ts";
import { OnnxFormatError } from "./errors.ts";
import type { ReadExternal } from "./external-data.ts";
import type {
  Attribute,
  GraphDef,
  Int64,
  ModelTensor,
  Reference,
  SparseTensor,
  ValueType,
} from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** How the parts of a model are read that hold others. */
export interface Reading {
  readonly external: ReadExternal | undefined;
  readonly graph: (reader: ProtobufReader) => GraphDef;
}

type Kind = Reference["of"];

const KINDS = new Map(Object.entries(ATTRIBUTE_TYPES).map(([kind, type]) => [type, kind as Kind]));

/** What an attribute's message held, before its type says what must be there. */
interface AttributeFields {
  float?: number;
  int?: Int64;
  string?: string;
  tensor?: ModelTensor;
  graph?: GraphDef;
  sparse?: SparseTensor;
  type?: ValueType;
  floats: number[];
  ints: Int64[];
  strings: string[];
  tensors: ModelTensor[];
  graphs: GraphDef[];
  sparses: SparseTensor[];
  types: ValueType[];
}

/** Reads an `AttributeProto`: its name and what it is. @throws OnnxFormatError */
export function readAttribute(reader: ProtobufReader, reading: Reading): [string, Attribute] {
  let name = "";
  let type = 0;
  let reference = "";
  let doc = "";
  const held: AttributeFields = {
    floats: [],
    ints: [],
    strings: [],
    tensors: [],
    graphs: [],
    sparses: [],
    types: [],
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 13) doc = reader.text();
    else if (field === 20) type = reader.unsigned();
    else if (field === 21) reference = reader.text();
    else if (!readOne(reader, field, held, reading) && !readMany(reader, field, held, reading)) {
      throw reader.unknown("an attribute");
    }
  }
  const of = KINDS.get(type);
  if (of === undefined) throw new OnnxFormatError(`Attribute "${name}" has type ${type}`);
  const attribute = attributeOf(name, reference === "" ? of : { of, reference }, held);
  return [name, doc === "" ? attribute : { ...attribute, doc }];
}

/** Answers false for a field that holds no single value. */
function readOne(
  reader: ProtobufReader,
  field: number,
  held: AttributeFields,
  reading: Reading,
): boolean {
  if (field === 2) held.float = reader.float();
  else if (field === 3) held.int = reader.int64();
  else if (field === 4) held.string = reader.text();
  else if (field === 5) held.tensor = decodeTensor(reader.message(), reading.external);
  else if (field === 6) held.graph = reading.graph(reader.message());
  else if (field === 14) held.type = saidType(reader.message());
  else if (field === 22) held.sparse = decodeSparseTensor(reader.message(), reading.external);
  else return false;
  return true;
}

/** Answers false for a field that holds no list of values. */
function readMany(
  reader: ProtobufReader,
  field: number,
  held: AttributeFields,
  reading: Reading,
): boolean {
  if (field === 7) reader.floats(held.floats);
  else if (field === 8) reader.int64s(held.ints);
  else if (field === 9) held.strings.push(reader.text());
  else if (field === 10) held.tensors.push(decodeTensor(reader.message(), reading.external));
  else if (field === 11) held.graphs.push(reading.graph(reader.message()));
  else if (field === 15) held.types.push(saidType(reader.message()));
  else if (field === 23) {
    held.sparses.push(decodeSparseTensor(reader.message(), reading.external));
  } else return false;
  return true;
}

function saidType(reader: ProtobufReader): ValueType {
  const type = readType(reader);
  if (type === null) throw new OnnxFormatError("An attribute holds a type that names none");
  return type;
}

/** What a node leaves out in the file is 0, or no text. */
const ABSENT: Readonly<Partial<Record<Kind, unknown>>> = { float: 0, int: 0, string: "" };

function attributeOf(
  name: string,
  kind: Kind | { readonly of: Kind; readonly reference: string },
  held: AttributeFields,
): Attribute {
  const isReference = typeof kind !== "string";
  for (const [other, value] of Object.entries(held) as [Kind, unknown][]) {
    if (!isReference && other === kind) continue;
    if (Array.isArray(value) ? value.length === 0 : value === ABSENT[other]) continue;
    const what = isReference ? "a reference" : kind;
    throw new OnnxFormatError(`Attribute "${name}" is ${what} and holds ${other} too`);
  }
  if (isReference) return { kind: "reference", value: kind.reference, of: kind.of };
  const value = held[kind] ?? ABSENT[kind];
  if (value === undefined) throw new OnnxFormatError(`Attribute "${name}" holds no ${kind}`);
  return { kind, value } as Attribute;
}
