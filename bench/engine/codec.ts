/**
 * Time to read and to write an ONNX model with the weights of a MiniLM (6 layers, 384 wide),
 * about 90 MB, beside protobufjs with the same part of onnx.proto.
 */
import { decodeModel, encodeModel } from "@groundswell/onnx";
import type { Model, NodeDef, NumericTensor } from "@groundswell/onnx";
import protobuf from "protobufjs";

import { median } from "../quantiles.ts";

const ROUNDS = 15;

const SCHEMA = `
  syntax = "proto2";
  message Attribute { optional string name = 1; optional float f = 2; optional int64 i = 3; optional bytes s = 4;
    optional int32 type = 20; repeated float floats = 7; repeated int64 ints = 8; }
  message Node { repeated string input = 1; repeated string output = 2; optional string name = 3;
    optional string op_type = 4; optional string domain = 7; repeated Attribute attribute = 5; }
  message Tensor { repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9; }
  message Dim { optional int64 dim_value = 1; optional string dim_param = 2; }
  message Shape { repeated Dim dim = 1; }
  message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
  message Type { optional TensorType tensor_type = 1; }
  message ValueInfo { optional string name = 1; optional Type type = 2; }
  message Graph { repeated Node node = 1; optional string name = 2; repeated Tensor initializer = 5;
    repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
  message OperatorSet { optional string domain = 1; optional int64 version = 2; }
  message Model { optional int64 ir_version = 1; optional string producer_name = 2; optional Graph graph = 7;
    repeated OperatorSet opset_import = 8; }`;

const [WIDTH, INNER, LAYERS] = [384, 1536, 6];

function weight(name: string, ...dims: readonly number[]): NumericTensor {
  const values = new Float32Array(dims.reduce((size, dim) => size * dim, 1)).fill(0.02);
  return { name, dtype: "float32", dims, bytes: new Uint8Array(values.buffer) };
}

/** The weights of the encoder, each read by a node: what a codec sees of a model. */
function miniLm(): Model {
  const layers = Array.from({ length: LAYERS }, (_, layer) => [
    ...["query", "key", "value", "output"].map((of) => weight(`${layer}.${of}`, WIDTH, WIDTH)),
    weight(`${layer}.up`, WIDTH, INNER),
    weight(`${layer}.down`, INNER, WIDTH),
    ...["query", "key", "value", "output", "down", "scale", "shift"].map((of) =>
      weight(`${layer}.${of}.bias`, WIDTH),
    ),
    weight(`${layer}.up.bias`, INNER),
  ]);
  const initializers = [weight("words", 30_522, WIDTH), weight("places", 512, WIDTH)].concat(
    ...layers,
  );
  const nodes = initializers.map(({ name }, k): NodeDef => ({
    op: "Gemm",
    domain: "",
    name: `node_${k}`,
    inputs: [k === 0 ? "x" : `y_${k - 1}`, name],
    outputs: [`y_${k}`],
    attributes: { alpha: { kind: "float", value: 1 }, transB: { kind: "int", value: 1 } },
  }));
  const end = (name: string) => ({ name, dtype: "float32", shape: ["N", WIDTH] }) as const;
  return {
    irVersion: 10,
    producer: "bench",
    operatorSets: [{ domain: "", version: 21 }],
    graph: {
      name: "encoder",
      nodes,
      initializers,
      inputs: [end("x")],
      outputs: [end(`y_${nodes.length - 1}`)],
    },
  };
}

function millisecondsOf(run: () => unknown): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const model = miniLm();
const bytes = encodeModel(model);
const peer = protobuf.parse(SCHEMA).root.lookupType("Model");
const peerModel = peer.decode(bytes);
const reading = {
  "read, here": () => decodeModel(bytes),
  "read, protobufjs": () => peer.decode(bytes),
};
const writing = {
  "write, here": () => encodeModel(model),
  "write, protobufjs": () => peer.encode(peerModel).finish(),
};
const { nodes, initializers } = model.graph;
console.log(
  `${(bytes.length / 1e6).toFixed(1)} MB, ${initializers.length} tensors, ${nodes.length} nodes; ` +
    `medians of ${ROUNDS} rounds`,
);
// Reading first: what writing leaves behind is collected during whatever comes next.
for (const contenders of [reading, writing]) {
  const times = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      times.get(name)?.push(millisecondsOf(run));
    }
  }
  for (const [name, each] of times) {
    console.log(`${name.padEnd(18)} ${median(each).toFixed(1).padStart(7)} ms`);
  }
}
