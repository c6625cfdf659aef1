import { decodeTensor } from "./decode-tensor.ts";
import { dtypeOfOnnxCode } from "./dtype.ts";
import { ATTRIBUTE_TYPES, STRING_CODE } from "./encode.ts";
import { OnnxFormatError } from "./errors.ts";
import type {
  Attribute,
  Dim,
  ElementType,
  GraphDef,
  Int64,
  Model,
  ModelTensor,
  NodeDef,
  OperatorSet,
  ValueInfo,
} from "./model.ts";
import { readProtobuf } from "./protobuf-reader.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

// Field numbers are those of onnx/onnx.proto. Documentation and annotations are left out;
// what would change the meaning of the model if it were left out is refused.

const ATTRIBUTE_KINDS = new Map(
  Object.entries(ATTRIBUTE_TYPES).map(([kind, type]) => [type, kind as Attribute["kind"]]),
);

/**
 * Reads a `ModelProto`. Tensor bytes are views of `bytes`, not copies.
 * @throws OnnxFormatError for bytes that are corrupt or cut short, and for what this package
 *   doesn't read: external data, local functions, sparse tensors, sequences, maps, bfloat16 and smaller floats
 */
export function decodeModel(bytes: Uint8Array): Model {
  const reader = readProtobuf(bytes);
  let irVersion: number | undefined;
  let producer = "";
  let graph: GraphDef | undefined;
  const operatorSets: OperatorSet[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) irVersion = reader.unsigned();
    else if (field === 2) producer = reader.text();
    else if (field === 7) graph = readGraph(reader.message());
    else if (field === 8) operatorSets.push(readOperatorSet(reader.message()));
    else if (field === 25) throw new OnnxFormatError("Models with local functions are not read");
    else reader.skip();
  }
  if (irVersion === undefined) throw new OnnxFormatError("The model has no IR version");
  if (graph === undefined) throw new OnnxFormatError("The model has no graph");
  if (operatorSets.length === 0) throw new OnnxFormatError("The model names no operator set");
  return { irVersion, producer, operatorSets, graph };
}

function readOperatorSet(reader: ProtobufReader): OperatorSet {
  let domain = "";
  let version = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) domain = reader.text();
    else if (field === 2) version = reader.unsigned();
    else reader.skip();
  }
  return { domain, version };
}

function readGraph(reader: ProtobufReader): GraphDef {
  let name = "";
  const nodes: NodeDef[] = [];
  const initializers: ModelTensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) nodes.push(readNode(reader.message()));
    else if (field === 2) name = reader.text();
    else if (field === 5) initializers.push(decodeTensor(reader.message()));
    else if (field === 11) inputs.push(readValueInfo(reader.message()));
    else if (field === 12) outputs.push(readValueInfo(reader.message()));
    else if (field === 15) throw new OnnxFormatError("Sparse initializers are not read");
    else reader.skip();
  }
  return { name, nodes, initializers, inputs, outputs };
}

function readNode(reader: ProtobufReader): NodeDef {
  let op = "";
  let domain = "";
  let name = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: [string, Attribute][] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) inputs.push(reader.text());
    else if (field === 2) outputs.push(reader.text());
    else if (field === 3) name = reader.text();
    else if (field === 4) op = reader.text();
    else if (field === 5) attributes.push(readAttribute(reader.message()));
    else if (field === 7) domain = reader.text();
    else reader.skip();
  }
  if (op === "") throw new OnnxFormatError(`Node "${name}" names no operator`);
  // fromEntries, because an attribute may be called __proto__ by someone who means harm.
  return { op, domain, name, inputs, outputs, attributes: Object.fromEntries(attributes) };
}

/** What an attribute message held, before its type says which of it counts. */
interface AttributeFields {
  float: number;
  int: Int64;
  string: string;
  tensor: ModelTensor | undefined;
  graph: GraphDef | undefined;
  floats: number[];
  ints: Int64[];
  strings: string[];
  tensors: ModelTensor[];
  graphs: GraphDef[];
}

function readAttribute(reader: ProtobufReader): [string, Attribute] {
  let name = "";
  let type = 0;
  const held: AttributeFields = {
    float: 0,
    int: 0,
    string: "",
    tensor: undefined,
    graph: undefined,
    floats: [],
    ints: [],
    strings: [],
    tensors: [],
    graphs: [],
  };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 20) type = reader.unsigned();
    else if (field === 21) throw new OnnxFormatError(`Attribute "${name}" refers to a function`);
    else if (!readAttributeValue(reader, field, held)) reader.skip();
  }
  return [name, attributeOf(name, type, held)];
}

/** Answers false for a field that holds no value. */
function readAttributeValue(reader: ProtobufReader, field: number, held: AttributeFields): boolean {
  if (field === 2) held.float = reader.float();
  else if (field === 3) held.int = reader.int64();
  else if (field === 4) held.string = reader.text();
  else if (field === 5) held.tensor = decodeTensor(reader.message());
  else if (field === 6) held.graph = readGraph(reader.message());
  else if (field === 7) reader.floats(held.floats);
  else if (field === 8) reader.int64s(held.ints);
  else if (field === 9) held.strings.push(reader.text());
  else if (field === 10) held.tensors.push(decodeTensor(reader.message()));
  else if (field === 11) held.graphs.push(readGraph(reader.message()));
  else return false;
  return true;
}

function attributeOf(name: string, type: number, held: AttributeFields): Attribute {
  const kind = ATTRIBUTE_KINDS.get(type);
  if (kind === undefined) throw new OnnxFormatError(`Attribute "${name}" has type ${type}`);
  const value = held[kind];
  if (value === undefined) throw new OnnxFormatError(`Attribute "${name}" holds no ${kind}`);
  return { kind, value } as Attribute;
}

function readValueInfo(reader: ProtobufReader): ValueInfo {
  let name = "";
  let type: Pick<ValueInfo, "dtype" | "shape"> = { dtype: null, shape: null };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) name = reader.text();
    else if (field === 2) type = readType(reader.message());
    else reader.skip();
  }
  return { name, ...type };
}

function readType(reader: ProtobufReader): Pick<ValueInfo, "dtype" | "shape"> {
  let type: Pick<ValueInfo, "dtype" | "shape"> = { dtype: null, shape: null };
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) type = readTensorType(reader.message());
    else if (field === 6) reader.skip();
    else throw new OnnxFormatError("Values that aren't dense tensors are not read");
  }
  return type;
}

function readTensorType(reader: ProtobufReader): Pick<ValueInfo, "dtype" | "shape"> {
  let dtype: ElementType | null = null;
  let shape: Dim[] | null = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) dtype = elementType(reader.unsigned());
    else if (field === 2) shape = readShape(reader.message());
    else reader.skip();
  }
  if (dtype === null) throw new OnnxFormatError("A tensor type names no element type");
  return { dtype, shape };
}

function readShape(reader: ProtobufReader): Dim[] {
  const shape: Dim[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) shape.push(readDim(reader.message()));
    else reader.skip();
  }
  return shape;
}

function readDim(reader: ProtobufReader): Dim {
  let dim: Dim = "";
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) dim = reader.unsigned();
    else if (field === 2) dim = reader.text();
    else reader.skip();
  }
  return dim;
}

function elementType(code: number): ElementType {
  const dtype = code === STRING_CODE ? "string" : dtypeOfOnnxCode(code);
  if (dtype === undefined) throw new OnnxFormatError(`Element type ${code} is not read`);
  return dtype;
}
