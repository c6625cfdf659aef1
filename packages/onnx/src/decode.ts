import type { Reading } from "./decode-attribute.ts";
import { byKey, described, readEntry } from "./decode-entries.ts";
import { readFunction, readTrainingInfo } from "./decode-function.ts";
import { readNode, readOperatorSet } from "./decode-node.ts";
import { decodeSparseTensor, decodeTensor } from "./decode-tensor.ts";
import { readValueInfo } from "./decode-type.ts";
import { OnnxFormatError } from "./errors.ts";
import type { ReadExternal } from "./external-data.ts";
import type {
  FunctionDef,
  GraphDef,
  Int64,
  Model,
  ModelTensor,
  NodeDef,
  OperatorSet,
  QuantizationAnnotation,
  SparseTensor,
  TrainingInfo,
  ValueInfo,
} from "./model.ts";
import { readProtobuf } from "./protobuf-reader.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

// Field numbers are those of onnx/onnx.proto. A field that isn't known is refused: to leave it
// out might change the meaning of the model, and writing it again would lose it.

export interface DecodeOptions {
  /** Reads data that lie beside the model; without it such models are refused. */
  readonly external?: ReadExternal;
}

/**
 * Reads a `ModelProto` with all that it holds. Tensor bytes are views of `bytes` (or what
 * `external` answered), not copies.
 * @throws OnnxFormatError for bytes that are corrupt or cut short, for fields that ONNX 1.23
 *   doesn't have, for tensors in segments, and for external data without `external`
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): Model {
  const { external } = options;
  const reading: Reading = { external, graph: (inner) => readGraph(inner, reading) };
  return readModel(readProtobuf(bytes), reading);
}

function readModel(reader: ProtobufReader, reading: Reading): Model {
  let irVersion: number | undefined;
  let producer = "";
  let producerVersion = "";
  let domain = "";
  let modelVersion: Int64 | undefined;
  let doc = "";
  let graph: GraphDef | undefined;
  const operatorSets: OperatorSet[] = [];
  const metadata: [string, string][] = [];
  const training: TrainingInfo[] = [];
  const functions: FunctionDef[] = [];
  const deviceConfigurations: Uint8Array[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) irVersion = reader.unsigned();
    else if (field === 2) producer = reader.text();
    else if (field === 3) producerVersion = reader.text();
    else if (field === 4) domain = reader.text();
    else if (field === 5) modelVersion = reader.int64();
    else if (field === 6) doc = reader.text();
    else if (field === 7) {
      if (graph !== undefined) throw new OnnxFormatError("The model has two graphs");
      graph = readGraph(reader.message(), reading);
    } else if (field === 8) operatorSets.push(readOperatorSet(reader.message()));
    else if (field === 14) metadata.push(readEntry(reader.message()));
    else if (field === 20) training.push(readTrainingInfo(reader.message(), reading));
    else if (field === 25) functions.push(readFunction(reader.message(), reading));
    else if (field === 26) deviceConfigurations.push(reader.bytes());
    else throw reader.unknown("a model");
  }
  if (irVersion === undefined) throw new OnnxFormatError("The model has no IR version");
  if (graph === undefined) throw new OnnxFormatError("The model has no graph");
  if (operatorSets.length === 0) throw new OnnxFormatError("The model names no operator set");
  return {
    irVersion,
    producer,
    operatorSets,
    graph,
    ...(producerVersion !== "" && { producerVersion }),
    ...(domain !== "" && { domain }),
    ...(modelVersion !== undefined && { modelVersion }),
    ...(functions.length > 0 && { functions }),
    ...(training.length > 0 && { training }),
    ...(deviceConfigurations.length > 0 && { deviceConfigurations }),
    ...described(doc, metadata),
  };
}

function readGraph(reader: ProtobufReader, reading: Reading): GraphDef {
  let name = "";
  let doc = "";
  const nodes: NodeDef[] = [];
  const initializers: ModelTensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const valueInfos: ValueInfo[] = [];
  const quantization: QuantizationAnnotation[] = [];
  const sparseInitializers: SparseTensor[] = [];
  const metadata: [string, string][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nodes.push(readNode(reader.message(), reading));
    else if (field === 2) name = reader.text();
    else if (field === 5) initializers.push(decodeTensor(reader.message(), reading.external));
    else if (field === 10) doc = reader.text();
    else if (field === 11) inputs.push(readValueInfo(reader.message()));
    else if (field === 12) outputs.push(readValueInfo(reader.message()));
    else if (field === 13) valueInfos.push(readValueInfo(reader.message()));
    else if (field === 14) quantization.push(readAnnotation(reader.message()));
    else if (field === 15) {
      sparseInitializers.push(decodeSparseTensor(reader.message(), reading.external));
    } else if (field === 16) metadata.push(readEntry(reader.message()));
    else throw reader.unknown("a graph");
  }
  return {
    name,
    nodes,
    initializers,
    inputs,
    outputs,
    ...(valueInfos.length > 0 && { valueInfos }),
    ...(quantization.length > 0 && { quantization }),
    ...(sparseInitializers.length > 0 && { sparseInitializers }),
    ...described(doc, metadata),
  };
}

function readAnnotation(reader: ProtobufReader): QuantizationAnnotation {
  let tensor = "";
  const parameters: [string, string][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) tensor = reader.text();
    else if (field === 2) parameters.push(readEntry(reader.message()));
    else throw reader.unknown("a quantisation annotation");
  }
  return { tensor, parameters: byKey(parameters, `the quantisation of "${tensor}"`) };
}
