import {
  decodeModel,
  dtypeOfOnnxCode,
  operatorNamed,
  sizeOf,
  type Attribute,
  type AttributeSpec,
  type AttributeValue,
  type GraphDef,
  type Model,
  type ModelTensor,
  type NodeDef,
  type NumericTensor,
} from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { InputSpec, Named, ParameterSpec } from "./step-graph.ts";
import type { Value } from "./value.ts";

/** A name, with `*` for any run of characters, or a regular expression. */
export type NamePattern = string | RegExp;

export interface ImportOptions {
  /**
   * Which initialisers are parameters to train; the others stay as they are. Default: every
   * float32 initialiser.
   */
  readonly trainable?: readonly NamePattern[];
}

/** A model that was read, ready for `trainStep` or `inferenceModel`. */
export interface ImportedModel {
  /** What the model is fed. */
  readonly inputs: readonly InputSpec[];
  /** Those that train; each begins with the weights that the model came with. */
  readonly parameters: readonly ParameterSpec[];
  readonly outputs: readonly string[];
  /** Replays the model's nodes in `g` and answers its outputs by name. @throws GraphError */
  build(g: Graph, parameters: Named<string>, inputs: Named<string>): Record<string, Value>;
}

/**
 * Reads a model so that it can be trained here.
 * @throws GraphError for an operator that isn't described, or an input without type or shape
 */
export function importModel(
  source: Uint8Array | Model,
  options: ImportOptions = {},
): ImportedModel {
  const { graph } = source instanceof Uint8Array ? decodeModel(source) : source;
  const patterns = options.trainable ?? ["*"];
  const constants = graph.initializers.map(numeric);
  const trains = ({ name, dtype }: NumericTensor): boolean =>
    dtype === "float32" && patterns.some((pattern) => matches(pattern, name));
  const initialised = new Set(constants.map(({ name }) => name));
  return {
    inputs: graph.inputs.filter(({ name }) => !initialised.has(name)).map(inputSpecOf),
    parameters: constants.filter(trains).map(parameterOf),
    outputs: graph.outputs.map(({ name }) => name),
    build(g, parameters, inputs) {
      const values = new Map<string, Value | null>([["", null]]);
      for (const input of Object.entries(inputs)) values.set(...input);
      for (const constant of constants) {
        const parameter = parameters[constant.name];
        values.set(constant.name, parameter ?? g.constantTensor(constant));
      }
      replay(g, graph, values);
      return Object.fromEntries(graph.outputs.map(({ name }) => [name, present(values, name)]));
    },
  };
}

function replay(g: Graph, graph: GraphDef, values: Map<string, Value | null>): void {
  for (const node of graph.nodes) {
    const outputs = node.op === "Constant" ? [constantOf(g, node)] : emitNode(g, node, values);
    for (const [index, name] of node.outputs.entries()) {
      const output = outputs[index];
      if (name !== "" && output !== undefined) values.set(name, output);
    }
  }
}

function emitNode(
  g: Graph,
  node: NodeDef,
  values: ReadonlyMap<string, Value | null>,
): readonly Value[] {
  const operator = operatorNamed(node.op, node.domain);
  if (operator === undefined)
    throw new GraphError(`${where(node)}: there is no description of this operator`);
  const inputs = node.inputs.map((name) => (name === "" ? null : present(values, name)));
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    const spec = operator.attributes[name];
    if (spec === undefined)
      throw new GraphError(`${where(node)} has an unknown attribute "${name}"`);
    return [name, attributeValue(spec, attribute)] as const;
  });
  try {
    const outputCount = node.outputs.length;
    return g.emitAll(operator, inputs, Object.fromEntries(attributes), { outputCount });
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    throw new GraphError(`${where(node)}: ${cause.message}`, { cause });
  }
}

const where = ({ op, domain, name, outputs }: NodeDef): string =>
  `${domain === "" ? "" : `${domain}.`}${op} (node "${name || (outputs[0] ?? "")}")`;

function present(values: ReadonlyMap<string, Value | null>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new GraphError(`Nothing computes "${name}"`);
  return value;
}

/** ONNX's attribute in the words of this graph. */
function attributeValue({ kind }: AttributeSpec, attribute: Attribute): AttributeValue {
  if (attribute.kind === "int") {
    const value = Number(attribute.value);
    if (kind === "dtype") return dtypeOfOnnxCode(value) ?? "an element type unknown here";
    return value;
  }
  if (attribute.kind === "ints") return attribute.value.map(Number);
  return attribute.value as AttributeValue;
}

function constantOf(g: Graph, node: NodeDef): Value {
  const { value, value_float, value_int, value_floats, value_ints } = node.attributes;
  if (value?.kind === "tensor") return g.constantTensor(numeric(value.value));
  if (value_float?.kind === "float") return g.constant(value_float.value, "float32");
  if (value_floats?.kind === "floats") return g.constant(value_floats.value, "float32");
  if (value_int?.kind === "int") return g.constant(Number(value_int.value), "int64");
  if (value_ints?.kind === "ints") return g.constant(value_ints.value.map(Number), "int64");
  throw new GraphError(`${where(node)} holds no numbers`);
}

function numeric(tensor: ModelTensor): NumericTensor {
  if (tensor.dtype === "string") throw new GraphError(`"${tensor.name}" holds strings`);
  return tensor;
}

function inputSpecOf({ name, dtype, shape }: GraphDef["inputs"][number]): InputSpec {
  if (dtype === null || dtype === "string" || shape === null)
    throw new GraphError(
      `The input "${name}" has ${dtype ?? "no"} type and no shape to train with`,
    );
  return { name, dtype, shape: shape.map((dim, axis) => (dim === "" ? `${name}.${axis}` : dim)) };
}

function parameterOf({ name, dims, bytes }: NumericTensor): ParameterSpec {
  return {
    name,
    shape: dims,
    // A copy: it lies where floats may lie, and the model's bytes can go.
    initial: () => new Float32Array(bytes.slice().buffer, 0, sizeOf(dims)),
  };
}

function matches(pattern: NamePattern, name: string): boolean {
  if (pattern instanceof RegExp) return pattern.test(name);
  const parts = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(name);
}
