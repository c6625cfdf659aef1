import { writeSparseTensor, writeTensor } from "./encode-tensor.ts";
import { writeType } from "./encode-type.ts";
import type { Attribute, GraphDef, Reference } from "./model.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPES: { readonly [K in Reference["of"]]: number } = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse: 11,
  sparses: 12,
  type: 13,
  types: 14,
};

type WriteGraph = (writer: ProtobufWriter, graph: GraphDef) => void;

export function writeAttribute(
  writer: ProtobufWriter,
  name: string,
  attribute: Attribute,
  writeGraph: WriteGraph,
): void {
  writer.text(1, name);
  if (attribute.doc !== undefined) writer.text(13, attribute.doc);
  if (attribute.kind === "reference") writer.text(21, attribute.value);
  else writeValue(writer, attribute, writeGraph);
  writer.int(20, ATTRIBUTE_TYPES[attribute.kind === "reference" ? attribute.of : attribute.kind]);
}

function writeValue(
  writer: ProtobufWriter,
  { kind, value }: Exclude<Attribute, Reference>,
  writeGraph: WriteGraph,
): void {
  if (kind === "float") writer.float(2, value);
  else if (kind === "int") writer.int(3, value);
  else if (kind === "string") writer.text(4, value);
  else if (kind === "tensor") writer.message(5, (to) => writeTensor(to, value));
  else if (kind === "graph") writer.message(6, (to) => writeGraph(to, value));
  else if (kind === "type") writer.message(14, (to) => writeType(to, value));
  else if (kind === "sparse") writer.message(22, (to) => writeSparseTensor(to, value));
  else if (kind === "floats") for (const one of value) writer.float(7, one);
  else if (kind === "ints") for (const one of value) writer.int(8, one);
  else if (kind === "strings") for (const one of value) writer.text(9, one);
  else if (kind === "tensors") writeEach(writer, 10, value, writeTensor);
  else if (kind === "graphs") writeEach(writer, 11, value, writeGraph);
  else if (kind === "types") writeEach(writer, 15, value, writeType);
  else writeEach(writer, 23, value, writeSparseTensor);
}

function writeEach<T>(
  writer: ProtobufWriter,
  field: number,
  values: readonly T[],
  write: (writer: ProtobufWriter, value: T) => void,
): void {
  for (const value of values) writer.message(field, (to) => write(to, value));
}
