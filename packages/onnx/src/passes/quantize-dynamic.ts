import { onnxCode } from "../dtype.ts";
import type { Model, NodeDef } from "../model.ts";
import { removeDeadCode } from "./dead-code.ts";
import { createInt8Writer } from "./int8-writer.ts";
import type { Int8Writer, QuantizeOptions } from "./int8-writer.ts";
import { requireDescribed } from "./knowledge.ts";
import { floatOf, intOf, intValue, newNode } from "./node-edit.ts";
import { constantOf } from "./stored.ts";

/**
 * Turns float32 weights into int8, one scale for each output channel, and multiplies in whole
 * numbers: MatMul and Gemm (Conv if asked) quantise their input as it comes, by its own range
 * (DynamicQuantizeLinear); of an embedding table, the rows that are looked up are scaled
 * back. Weights take a quarter of the bytes; no data is needed beforehand.
 *
 * Weights must be initialisers (`foldConstants`, `foldBatchNorm` before). Nodes inside of
 * branches and bodies stay as they are.
 * @throws PassError for a model older than set 21: `upConvert` first
 */
export function quantizeDynamic(model: Model, options: QuantizeOptions = {}): Model {
  requireDescribed(model);
  const writer = createInt8Writer(model, options);
  const nodes = model.graph.nodes.flatMap((node) => quantized(node, writer) ?? [node]);
  const initializers = [...model.graph.initializers, ...writer.added];
  return removeDeadCode({ ...model, graph: { ...model.graph, nodes, initializers } });
}

/** The node in whole numbers; undefined where it has to stay. */
function quantized(node: NodeDef, writer: Int8Writer): NodeDef[] | undefined {
  if (node.domain !== "") return undefined;
  if (node.op === "MatMul") return matMul(node, writer);
  if (node.op === "Gemm") return gemm(node, writer);
  if (node.op === "Conv") return writer.convolutions ? conv(node, writer) : undefined;
  return node.op === "Gather" ? lookUp(node, writer) : undefined;
}

const vector = (channels: number): readonly number[] => [channels];

function matMul(node: NodeDef, writer: Int8Writer): NodeDef[] | undefined {
  const [x = "", name] = node.inputs;
  const weight = writer.weightNamed(name);
  if (weight?.dims.length !== 2) return undefined;
  const { values, scales } = writer.weight(weight, { axis: 1, scaleDims: vector });
  return integerProduct({ x, values, scales, output: node.outputs[0] ?? "", writer });
}

function gemm(node: NodeDef, writer: Int8Writer): NodeDef[] | undefined {
  const [x = "", name, bias = ""] = node.inputs;
  const weight = writer.weightNamed(name);
  if (weight === undefined || intOf(node, "transA", 0) !== 0) return undefined;
  const { values, scales } = writer.weight(weight, {
    axis: 1,
    scaleDims: vector,
    factor: floatOf(node, "alpha") ?? 1,
    transpose: intOf(node, "transB", 0) !== 0,
  });
  const output = node.outputs[0] ?? "";
  if (bias === "") return integerProduct({ x, values, scales, output, writer });

  const product = writer.fresh(`${output}.product`);
  const nodes = integerProduct({ x, values, scales, output: product, writer });
  const beta = floatOf(node, "beta") ?? 1;
  if (beta === 1) return [...nodes, newNode("Add", [product, bias], [output])];
  const scaledBias = writer.fresh(`${bias}.scaled`);
  const by = writer.constant(constantOf("beta", "float32", [beta], []));
  nodes.push(newNode("Mul", [bias, by], [scaledBias]));
  return [...nodes, newNode("Add", [product, scaledBias], [output])];
}

function conv(node: NodeDef, writer: Int8Writer): NodeDef[] | undefined {
  const [x = "", name, bias = ""] = node.inputs;
  const weight = writer.weightNamed(name);
  if (weight === undefined) return undefined;
  const spatial = weight.dims.slice(2).map(() => 1);
  const perChannel = (channels: number): readonly number[] => [channels, ...spatial];
  const { values, scales } = writer.weight(weight, { axis: 0, scaleDims: perChannel });
  const output = node.outputs[0] ?? "";
  const { attributes } = node;
  const common = { x, values, scales, writer, op: "ConvInteger", attributes };
  if (bias === "") return integerProduct({ ...common, output });

  const product = writer.fresh(`${output}.product`);
  const channels = writer.constant(
    constantOf("channels", "int64", [weight.dims[0] ?? 0, ...spatial]),
  );
  const column = writer.fresh(`${bias}.column`);
  return [
    ...integerProduct({ ...common, output: product }),
    newNode("Reshape", [bias, channels], [column]),
    newNode("Add", [product, column], [output]),
  ];
}

interface Product {
  readonly x: string;
  readonly values: string;
  readonly scales: string;
  readonly output: string;
  readonly writer: Int8Writer;
  readonly op?: string;
  readonly attributes?: NodeDef["attributes"];
}

/**
 * Quantises `x`, multiplies, scales back. In the order of operators in which the runtime
 * recognises one kernel for all of them.
 */
function integerProduct(product: Product): NodeDef[] {
  const { x, values, scales, output, writer, op = "MatMulInteger", attributes = {} } = product;
  const input = writer.input(x);
  const sums = writer.fresh(`${output}.int32`);
  const floats = writer.fresh(`${output}.float`);
  const scale = writer.fresh(`${output}.scale`);
  return [
    ...input.nodes,
    newNode(op, [input.values, values, input.zero], [sums], attributes),
    newNode("Cast", [sums], [floats], { to: intValue(onnxCode("float32")) }),
    newNode("Mul", [input.scale, scales], [scale]),
    newNode("Mul", [floats, scale], [output]),
  ];
}

/** Rows of a table, each scaled back by a scale of its own. */
function lookUp(node: NodeDef, writer: Int8Writer): NodeDef[] | undefined {
  const [name, indices = ""] = node.inputs;
  const table = writer.weightNamed(name);
  if (table?.dims.length !== 2 || intOf(node, "axis", 0) !== 0) return undefined;
  const { values, scales } = writer.weight(table, { axis: 0, scaleDims: (rows) => [rows, 1] });
  const output = node.outputs[0] ?? "";
  const [rows, floats, rowScales] = ["int8", "float", "scale"].map((hint) =>
    writer.fresh(`${output}.${hint}`),
  ) as [string, string, string];
  return [
    newNode("Gather", [values, indices], [rows]),
    newNode("Cast", [rows], [floats], { to: intValue(onnxCode("float32")) }),
    newNode("Gather", [scales, indices], [rowScales]),
    newNode("Mul", [floats, rowScales], [output]),
  ];
}
