import { elementCode } from "./element-type.ts";
import { writeDescription } from "./encode-tensor.ts";
import type { TensorType, ValueInfo, ValueType } from "./model.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** Writes a `ValueInfoProto`. */
export function writeValueInfo(writer: ProtobufWriter, info: ValueInfo): void {
  const { type: other, ...tensor } = info;
  writer.text(1, info.name);
  const isSaid = info.dtype !== null || info.shape !== null || info.denotation !== undefined;
  const type = other ?? (isSaid ? { kind: "tensor" as const, ...tensor } : null);
  if (type !== null) writer.message(2, (to) => writeType(to, type));
  writeDescription(writer, info, { doc: 3, metadata: 4 });
}

/** Writes a `TypeProto`. */
export function writeType(writer: ProtobufWriter, type: ValueType): void {
  switch (type.kind) {
    case "tensor":
      writer.message(1, (to) => writeTensorType(to, type));
      break;
    case "sparse":
      writer.message(8, (to) => writeTensorType(to, type));
      break;
    case "sequence":
      writer.message(4, (to) => writeElement(to, 1, type.of));
      break;
    case "optional":
      writer.message(9, (to) => writeElement(to, 1, type.of));
      break;
    case "map":
      writer.message(5, (to) => {
        to.int(1, elementCode(type.key));
        writeElement(to, 2, type.of);
      });
      break;
    case "opaque":
      writer.message(7, (to) => {
        to.text(1, type.domain);
        to.text(2, type.name);
      });
      break;
  }
  if (type.denotation !== undefined) writer.text(6, type.denotation);
}

function writeElement(writer: ProtobufWriter, field: number, of: ValueType | null): void {
  if (of !== null) writer.message(field, (to) => writeType(to, of));
}

function writeTensorType(
  writer: ProtobufWriter,
  { dtype, shape, axisDenotations }: Omit<TensorType, "kind">,
): void {
  if (dtype !== null) writer.int(1, elementCode(dtype));
  if (shape === null) return;
  writer.message(2, (to) => {
    for (const [axis, dim] of shape.entries()) {
      to.message(1, (dimension) => {
        if (typeof dim === "number") dimension.int(1, dim);
        else if (dim !== "") dimension.text(2, dim);
        const denotation = axisDenotations?.[axis] ?? "";
        if (denotation !== "") dimension.text(3, denotation);
      });
    }
  });
}
