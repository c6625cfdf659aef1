import { onnxCode } from "./dtype.ts";
import type {
  Attribute,
  ElementType,
  GraphDef,
  Model,
  ModelTensor,
  NodeDef,
  ValueInfo,
} from "./model.ts";
import { createProtobufWriter } from "./protobuf-writer.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

// Field numbers are those of onnx/onnx.proto.

/** `TensorProto.DataType.STRING`, the one element type without a typed array. */
export const STRING_CODE = 8;

/** `AttributeProto.AttributeType`. */
export const ATTRIBUTE_TYPES: { readonly [K in Attribute["kind"]]: number } = {
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
};

/** Serialises a model as `ModelProto`; the same model gives the same bytes. */
export function encodeModel(model: Model): Uint8Array {
  const writer = createProtobufWriter();
  writer.int(1, model.irVersion);
  writer.text(2, model.producer);
  // Before the graph, so that a file cut short always ends inside the graph and is noticed.
  for (const set of model.operatorSets) {
    writer.message(8, (to) => {
      to.text(1, set.domain);
      to.int(2, set.version);
    });
  }
  writer.message(7, (to) => writeGraph(to, model.graph));
  return writer.finish();
}

function writeGraph(writer: ProtobufWriter, graph: GraphDef): void {
  for (const node of graph.nodes) writer.message(1, (to) => writeNode(to, node));
  writer.text(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (to) => writeTensor(to, tensor));
  for (const input of graph.inputs) writer.message(11, (to) => writeValueInfo(to, input));
  for (const output of graph.outputs) writer.message(12, (to) => writeValueInfo(to, output));
}

function writeNode(writer: ProtobufWriter, node: NodeDef): void {
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  if (node.name !== "") writer.text(3, node.name);
  writer.text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (to) => writeAttribute(to, name, attribute));
  }
  if (node.domain !== "") writer.text(7, node.domain);
}

function writeAttribute(writer: ProtobufWriter, name: string, attribute: Attribute): void {
  writer.text(1, name);
  switch (attribute.kind) {
    case "float":
      writer.float(2, attribute.value);
      break;
    case "int":
      writer.int(3, attribute.value);
      break;
    case "string":
      writer.text(4, attribute.value);
      break;
    case "tensor":
      writer.message(5, (to) => writeTensor(to, attribute.value));
      break;
    case "graph":
      writer.message(6, (to) => writeGraph(to, attribute.value));
      break;
    case "floats":
      for (const value of attribute.value) writer.float(7, value);
      break;
    case "ints":
      for (const value of attribute.value) writer.int(8, value);
      break;
    case "strings":
      for (const value of attribute.value) writer.text(9, value);
      break;
    case "tensors":
      for (const value of attribute.value) writer.message(10, (to) => writeTensor(to, value));
      break;
    case "graphs":
      for (const value of attribute.value) writer.message(11, (to) => writeGraph(to, value));
      break;
  }
  writer.int(20, ATTRIBUTE_TYPES[attribute.kind]);
}

function writeTensor(writer: ProtobufWriter, tensor: ModelTensor): void {
  for (const dim of tensor.dims) writer.int(1, dim);
  writer.int(2, elementCode(tensor.dtype));
  if (tensor.name !== "") writer.text(8, tensor.name);
  if (tensor.dtype === "string") {
    for (const value of tensor.strings) writer.text(6, value);
  } else {
    writer.bytes(9, tensor.bytes);
  }
}

function writeValueInfo(writer: ProtobufWriter, info: ValueInfo): void {
  writer.text(1, info.name);
  const { dtype, shape } = info;
  if (dtype === null) return;
  writer.message(2, (type) =>
    type.message(1, (tensorType) => {
      tensorType.int(1, elementCode(dtype));
      if (shape === null) return;
      tensorType.message(2, (to) => {
        for (const dim of shape) {
          to.message(1, (dimension) => {
            if (typeof dim === "number") dimension.int(1, dim);
            else if (dim !== "") dimension.text(2, dim);
          });
        }
      });
    }),
  );
}

const elementCode = (dtype: ElementType): number =>
  dtype === "string" ? STRING_CODE : onnxCode(dtype);
