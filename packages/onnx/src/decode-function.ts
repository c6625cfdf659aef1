import { readAttribute } from "./decode-attribute.ts";
import type { Reading } from "./decode-attribute.ts";
import { byKey, described, readEntry } from "./decode-entries.ts";
import { readNode, readOperatorSet } from "./decode-node.ts";
import { readValueInfo } from "./decode-type.ts";
import type {
  Attribute,
  FunctionDef,
  GraphDef,
  NodeDef,
  OperatorSet,
  TrainingInfo,
  ValueInfo,
} from "./model.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** Reads a `FunctionProto`. @throws OnnxFormatError */
export function readFunction(reader: ProtobufReader, reading: Reading): FunctionDef {
  let name = "";
  let domain = "";
  let overload = "";
  let doc = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: string[] = [];
  const defaults: [string, Attribute][] = [];
  const nodes: NodeDef[] = [];
  const operatorSets: OperatorSet[] = [];
  const valueInfos: ValueInfo[] = [];
  const metadata: [string, string][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 4) inputs.push(reader.text());
    else if (field === 5) outputs.push(reader.text());
    else if (field === 6) attributes.push(reader.text());
    else if (field === 7) nodes.push(readNode(reader.message(), reading));
    else if (field === 8) doc = reader.text();
    else if (field === 9) operatorSets.push(readOperatorSet(reader.message()));
    else if (field === 10) domain = reader.text();
    else if (field === 11) defaults.push(readAttribute(reader.message(), reading));
    else if (field === 12) valueInfos.push(readValueInfo(reader.message()));
    else if (field === 13) overload = reader.text();
    else if (field === 14) metadata.push(readEntry(reader.message()));
    else throw reader.unknown("a function");
  }
  return {
    domain,
    name,
    inputs,
    outputs,
    attributes,
    defaults: byKey(defaults, `function "${name}"`),
    nodes,
    operatorSets,
    ...(overload !== "" && { overload }),
    ...(valueInfos.length > 0 && { valueInfos }),
    ...described(doc, metadata),
  };
}

/** Reads a `TrainingInfoProto`. @throws OnnxFormatError */
export function readTrainingInfo(reader: ProtobufReader, reading: Reading): TrainingInfo {
  let initialization: GraphDef | undefined;
  let algorithm: GraphDef | undefined;
  const initializationBinding: [string, string][] = [];
  const updateBinding: [string, string][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) initialization = reading.graph(reader.message());
    else if (field === 2) algorithm = reading.graph(reader.message());
    else if (field === 3) initializationBinding.push(readEntry(reader.message()));
    else if (field === 4) updateBinding.push(readEntry(reader.message()));
    else throw reader.unknown("training information");
  }
  return {
    ...(initialization !== undefined && { initialization }),
    ...(algorithm !== undefined && { algorithm }),
    initializationBinding: byKey(initializationBinding, "training information"),
    updateBinding: byKey(updateBinding, "training information"),
  };
}
