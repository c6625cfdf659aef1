import { dtypeOfOnnxCode, isNumeric, operatorNamed } from "@groundswell/onnx";
import type {
  Attribute,
  AttributeSpec,
  AttributeValue,
  GraphDef,
  ModelTensor,
  NodeDef,
  NumericTensor,
} from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Shape, Subgraph, Value } from "./value.ts";

/** Values by the names that a model gives them; null for the empty name, which is no value. */
export type Names = ReadonlyMap<string, Value | null>;

/**
 * Appends the nodes of a model's graph to `g`. `around` has its inputs, its initialisers
 * where they aren't to be constants, and, of a subgraph, everything that it may read.
 * @returns the values of its outputs
 * @throws GraphError naming the node
 */
export function replay(g: Graph, graph: GraphDef, around: Names): Value[] {
  const names = new Map(around);
  names.set("", null);
  for (const initializer of graph.initializers) {
    if (around.has(initializer.name)) continue;
    names.set(initializer.name, g.constantTensor(numeric(initializer)));
  }
  for (const node of graph.nodes) {
    const outputs = node.op === "Constant" ? [constantOf(g, node)] : emitNode(g, node, names);
    for (const [index, name] of node.outputs.entries()) {
      const output = outputs[index];
      if (name !== "" && output !== undefined) names.set(name, output);
    }
  }
  return graph.outputs.map(({ name }) => present(names, name));
}

function emitNode(g: Graph, node: NodeDef, names: Names): readonly Value[] {
  const operator = operatorNamed(node.op, node.domain);
  if (operator === undefined) {
    throw new GraphError(`${showNode(node)}: there is no description of this operator`);
  }
  const read = node.inputs.map((name) => (name === "" ? null : present(names, name)));
  const inputs = node.op === "Range" ? read.map((bound) => scalarOf(g, bound)) : read;
  const branch = branchTaken(node, inputs);
  if (branch !== undefined) return replay(g, branch, inside(names, branch));
  const attributes: [string, AttributeValue][] = [];
  const subgraphs: [string, Subgraph][] = [];
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const spec = operator.attributes[name];
    if (spec === undefined) {
      throw new GraphError(`${showNode(node)} has an unknown attribute "${name}"`);
    }
    if (attribute.kind === "graph") {
      subgraphs.push([name, bodyOf(g, attribute.value, { names, types: typesOf(node, inputs) })]);
    } else {
      attributes.push([name, attributeValue(spec, attribute)]);
    }
  }
  try {
    return g.emitAll(operator, inputs, Object.fromEntries(attributes), {
      outputCount: node.outputs.length,
      subgraphs: Object.fromEntries(subgraphs),
      origin: nameOf(node),
    });
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    throw new GraphError(`${showNode(node)}: ${cause.message}`, { cause });
  }
}

/**
 * ONNX's own AffineGrid, written out, hands Range vectors of one entry; the runtime minds only
 * where it can tell.
 */
const scalarOf = (g: Graph, x: Value | null): Value | null =>
  x?.shape.length === 1 ? g.squeeze(x, [0]) : x;

/** The branch of an If whose condition is known: the other one may well be impossible. */
function branchTaken(
  { op, domain, attributes }: NodeDef,
  [condition]: readonly (Value | null)[],
): GraphDef | undefined {
  const held = op === "If" && domain === "" ? condition?.content?.[0] : undefined;
  if (typeof held !== "number") return undefined;
  const branch = attributes[held === 0 ? "else_branch" : "then_branch"];
  return branch?.kind === "graph" ? branch.value : undefined;
}

/** What a subgraph may read: its own constants hide values around it that have their names. */
function inside(names: Names, { initializers }: GraphDef): Names {
  const seen = new Map(names);
  for (const { name } of initializers) seen.delete(name);
  return seen;
}

type Typed = Pick<Value, "dtype" | "shape">;

function bodyOf(
  g: Graph,
  body: GraphDef,
  { names, types }: { readonly names: Names; readonly types: readonly Typed[] },
): Subgraph {
  return g.subgraph((inner) => {
    const known = new Map(inside(names, body));
    const inputs = body.inputs.map(({ name }, index) => {
      const type = types[index];
      if (type === undefined) throw new GraphError(`Nothing is handed to the input "${name}"`);
      const input = inner.input(`input.${index}`, type.dtype, type.shape);
      known.set(name, input);
      return input;
    });
    return { inputs, outputs: replay(inner, body, known) };
  });
}

/** What a node hands to the graph that it runs. */
function typesOf(node: NodeDef, inputs: readonly (Value | null)[]): readonly Typed[] {
  const given = inputs.filter((input) => input !== null);
  if (node.op === "Loop") {
    const counter: Typed = { dtype: "int64", shape: [] };
    const condition: Typed = { dtype: "bool", shape: [] };
    return [counter, condition, ...inputs.slice(2).filter((input) => input !== null)];
  }
  if (node.op !== "Scan") return [];
  const sequences = Number(node.attributes["num_scan_inputs"]?.value ?? 0);
  const states = given.length - sequences;
  const axes = node.attributes["scan_input_axes"];
  return given.map(({ dtype, shape }, index) => {
    if (index < states) return { dtype, shape };
    const axis = axes?.kind === "ints" ? Number(axes.value[index - states] ?? 0) : 0;
    return { dtype, shape: withoutAxis(shape, axis) };
  });
}

const withoutAxis = (shape: Shape, axis: number): Shape => shape.toSpliced(axis, 1);

/** Its name, or its first output's where it has none. */
const nameOf = ({ name, outputs }: NodeDef): string =>
  name || (outputs.find((output) => output !== "") ?? "");

const showNode = (node: NodeDef): string =>
  `${node.domain === "" ? "" : `${node.domain}.`}${node.op} (node "${nameOf(node)}")`;

function present(names: Names, name: string): Value {
  const value = names.get(name);
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
  throw new GraphError(`${showNode(node)} holds no numbers`);
}

export function numeric(tensor: ModelTensor): NumericTensor {
  if (isNumeric(tensor)) return tensor;
  throw new GraphError(`"${tensor.name}" holds ${tensor.dtype}s`);
}
