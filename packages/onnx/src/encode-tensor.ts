import { elementCode } from "./element-type.ts";
import type { Described, Metadata, ModelTensor, SparseTensor } from "./model.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** Writes `StringStringEntryProto` messages. */
export function writeEntries(
  writer: ProtobufWriter,
  field: number,
  entries: Metadata | undefined,
): void {
  for (const [key, value] of Object.entries(entries ?? {})) {
    writer.message(field, (entry) => {
      entry.text(1, key);
      entry.text(2, value);
    });
  }
}

export function writeDescription(
  writer: ProtobufWriter,
  { doc, metadata }: Described,
  fields: { readonly doc: number; readonly metadata: number },
): void {
  if (doc !== undefined) writer.text(fields.doc, doc);
  writeEntries(writer, fields.metadata, metadata);
}

/** Writes a `TensorProto`, numbers always as raw bytes. */
export function writeTensor(writer: ProtobufWriter, tensor: ModelTensor): void {
  for (const dim of tensor.dims) writer.int(1, dim);
  writer.int(2, elementCode(tensor.dtype));
  if (tensor.name !== "") writer.text(8, tensor.name);
  writeDescription(writer, tensor, { doc: 12, metadata: 16 });
  if (tensor.dtype === "string") {
    for (const value of tensor.strings) writer.text(6, value);
  } else {
    writer.bytes(9, tensor.bytes);
  }
}

/** Writes a `SparseTensorProto`. */
export function writeSparseTensor(
  writer: ProtobufWriter,
  { values, indices, dims }: SparseTensor,
): void {
  writer.message(1, (to) => writeTensor(to, values));
  writer.message(2, (to) => writeTensor(to, indices));
  for (const dim of dims) writer.int(3, dim);
}
