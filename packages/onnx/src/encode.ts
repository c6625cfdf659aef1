import { writeAttribute } from "./encode-attribute.ts";
import { writeDescription, writeEntries, writeSparseTensor, writeTensor } from "./encode-tensor.ts";
import { writeValueInfo } from "./encode-type.ts";
import type { FunctionDef, GraphDef, Model, NodeDef, OperatorSet, TrainingInfo } from "./model.ts";
import { createProtobufWriter } from "./protobuf-writer.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

// Field numbers are those of onnx/onnx.proto.

/** Serialises a model as `ModelProto`; the same model gives the same bytes. */
export function encodeModel(model: Model): Uint8Array {
  const writer = createProtobufWriter();
  writer.int(1, model.irVersion);
  writer.text(2, model.producer);
  if (model.producerVersion !== undefined) writer.text(3, model.producerVersion);
  if (model.domain !== undefined) writer.text(4, model.domain);
  if (model.modelVersion !== undefined) writer.int(5, model.modelVersion);
  writeDescription(writer, model, { doc: 6, metadata: 14 });
  // Before the graph, so that a file cut short always ends inside the graph and is noticed.
  writeOperatorSets(writer, 8, model.operatorSets);
  for (const one of model.training ?? []) writer.message(20, (to) => writeTraining(to, one));
  for (const one of model.functions ?? []) writer.message(25, (to) => writeFunction(to, one));
  for (const bytes of model.deviceConfigurations ?? []) writer.bytes(26, bytes);
  writer.message(7, (to) => writeGraph(to, model.graph));
  return writer.finish();
}

function writeOperatorSets(
  writer: ProtobufWriter,
  field: number,
  sets: readonly OperatorSet[],
): void {
  for (const { domain, version } of sets) {
    writer.message(field, (to) => {
      to.text(1, domain);
      to.int(2, version);
    });
  }
}

function writeGraph(writer: ProtobufWriter, graph: GraphDef): void {
  for (const node of graph.nodes) writer.message(1, (to) => writeNode(to, node));
  writer.text(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (to) => writeTensor(to, tensor));
  for (const tensor of graph.sparseInitializers ?? []) {
    writer.message(15, (to) => writeSparseTensor(to, tensor));
  }
  for (const input of graph.inputs) writer.message(11, (to) => writeValueInfo(to, input));
  for (const output of graph.outputs) writer.message(12, (to) => writeValueInfo(to, output));
  for (const value of graph.valueInfos ?? []) writer.message(13, (to) => writeValueInfo(to, value));
  for (const { tensor, parameters } of graph.quantization ?? []) {
    writer.message(14, (to) => {
      to.text(1, tensor);
      writeEntries(to, 2, parameters);
    });
  }
  writeDescription(writer, graph, { doc: 10, metadata: 16 });
}

function writeNode(writer: ProtobufWriter, node: NodeDef): void {
  for (const input of node.inputs) writer.text(1, input);
  for (const output of node.outputs) writer.text(2, output);
  if (node.name !== "") writer.text(3, node.name);
  writer.text(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.message(5, (to) => writeAttribute(to, name, attribute, writeGraph));
  }
  if (node.domain !== "") writer.text(7, node.domain);
  if (node.overload !== undefined) writer.text(8, node.overload);
  for (const bytes of node.deviceConfigurations ?? []) writer.bytes(10, bytes);
  writeDescription(writer, node, { doc: 6, metadata: 9 });
}

function writeFunction(writer: ProtobufWriter, definition: FunctionDef): void {
  writer.text(1, definition.name);
  for (const input of definition.inputs) writer.text(4, input);
  for (const output of definition.outputs) writer.text(5, output);
  for (const attribute of definition.attributes) writer.text(6, attribute);
  for (const node of definition.nodes) writer.message(7, (to) => writeNode(to, node));
  writeOperatorSets(writer, 9, definition.operatorSets);
  writer.text(10, definition.domain);
  for (const [name, attribute] of Object.entries(definition.defaults)) {
    writer.message(11, (to) => writeAttribute(to, name, attribute, writeGraph));
  }
  for (const value of definition.valueInfos ?? []) {
    writer.message(12, (to) => writeValueInfo(to, value));
  }
  if (definition.overload !== undefined) writer.text(13, definition.overload);
  writeDescription(writer, definition, { doc: 8, metadata: 14 });
}

function writeTraining(writer: ProtobufWriter, training: TrainingInfo): void {
  const { initialization, algorithm } = training;
  if (initialization !== undefined) writer.message(1, (to) => writeGraph(to, initialization));
  if (algorithm !== undefined) writer.message(2, (to) => writeGraph(to, algorithm));
  writeEntries(writer, 3, training.initializationBinding);
  writeEntries(writer, 4, training.updateBinding);
}
