import { allNodes, onnxCode } from "@groundswell/onnx";
import type {
  Attribute,
  AttributeSpecs,
  AttributeValue,
  Dim,
  DType,
  GraphDef,
  Metadata,
  Model,
  NodeDef,
  NumericTensor,
  ValueInfo,
} from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { Node, Subgraph, Value } from "./value.ts";

/** Operators of these sets are what the op registry describes; IR 11 is the format that came with them. */
const OPERATOR_SETS: Readonly<Record<string, number>> = {
  "": 23,
  "ai.onnx.ml": 5,
  "ai.onnx.preview.training": 1,
};
const IR_VERSION = 11;

export interface EmissionOptions {
  readonly name: string;
  /** In the order of the graph's inputs. */
  readonly inputs: readonly Value[];
  readonly outputs: Readonly<Record<string, Value>>;
  /**
   * Put before the names of the inputs. A subgraph's inputs must not have the name of a
   * value around it.
   */
  readonly inputPrefix?: string;
  /** Of a subgraph: what the values of the graph around it are called there. */
  readonly nameAround?: (value: Value) => string;
}

/** The part of `g` that the outputs need, as an ONNX graph. */
export function graphDefOf(g: Graph, options: EmissionOptions): GraphDef {
  const outputs = Object.entries(options.outputs);
  const own = new Set(g.nodes);
  const needed = neededFor(outputs.map(([, value]) => value));
  const names = new Map<Value, string>();
  for (const input of options.inputs) names.set(input, (options.inputPrefix ?? "") + input.name);
  const { nameAround = (value: Value): string => value.name } = options;
  const nameOf = (value: Value): string => names.get(value) ?? nameAround(value);
  const aliases = nameOutputs(outputs, { own, names, nameOf });

  const nodes: NodeDef[] = [];
  for (const node of g.nodes) {
    if (!needed.nodes.has(node)) continue;
    nodes.push(...withOwnStatistics(nodeDefOf(node, needed.values, nameOf)));
  }
  const initializers: NumericTensor[] = [];
  for (const value of needed.values) {
    if (value.node !== null || names.has(value)) continue;
    const constant = g.contentsOf(value);
    if (constant !== undefined) initializers.push(constant);
    else if (options.nameAround === undefined)
      throw new GraphError(`Input "${value.name}" isn't declared`);
  }
  return {
    name: options.name,
    nodes: [...nodes, ...aliases],
    initializers,
    inputs: options.inputs.map((input) => infoOf(nameOf(input), input)),
    outputs: outputs.map(([name, value]) => infoOf(name, value)),
  };
}

/** Everything that the outputs depend on, themselves included. */
function neededFor(outputs: readonly Value[]): { values: Set<Value>; nodes: Set<Node> } {
  const values = new Set<Value>();
  const nodes = new Set<Node>();
  const open = [...outputs];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    values.add(value);
    if (value.node === null || nodes.has(value.node)) continue;
    nodes.add(value.node);
    open.push(...value.node.inputs.filter((input) => input !== null), ...value.node.captured);
  }
  return { values, nodes };
}

interface Naming {
  /** The graph's own nodes, where there is one around it. */
  readonly own: ReadonlySet<Node>;
  readonly names: Map<Value, string>;
  readonly nameOf: (value: Value) => string;
}

/**
 * Gives the values behind the outputs the outputs' names. What has a name to keep (an
 * input, a constant, the value of an earlier output, one of the graph around) gets the new
 * one by an Identity node.
 */
function nameOutputs(
  outputs: readonly (readonly [string, Value])[],
  { own, names, nameOf }: Naming,
): NodeDef[] {
  const aliases: NodeDef[] = [];
  for (const [name, value] of outputs) {
    if (value.node !== null && own.has(value.node) && !names.has(value)) {
      names.set(value, name);
    } else {
      const inputs = [nameOf(value)];
      aliases.push(plainNode({ op: "Identity", name: `alias ${name}`, inputs, outputs: [name] }));
    }
  }
  return aliases;
}

function nodeDefOf(node: Node, used: Set<Value>, nameOf: (value: Value) => string): NodeDef {
  // An empty name tells the runtime to leave the output out. It may only be said of optional
  // ones: for another the runtime crashes, and takes the process with it.
  const outputs = node.outputs.map((output) =>
    node.optional.has(output) && !used.has(output) ? "" : nameOf(output),
  );
  while (outputs.length > 1 && outputs.at(-1) === "") outputs.pop();
  return {
    op: node.operator.name,
    domain: node.operator.domain,
    name: node.outputs[0]?.name ?? "",
    inputs: node.inputs.map((input) => (input === null ? "" : nameOf(input))),
    outputs,
    attributes: {
      ...attributesOf(node.operator.attributes, node.attributes),
      ...mapped(node.subgraphs, (body) => ({ kind: "graph", value: bodyOf(body, nameOf) })),
    },
  };
}

/**
 * In training, the runtime writes the running mean and variance over those that the node was
 * given, a caller's tensors too, wherever the new ones stay inside the graph. It gets copies:
 * two negations, which no optimisation takes away.
 */
function withOwnStatistics(node: NodeDef): NodeDef[] {
  const { training_mode } = node.attributes;
  if (node.op !== "BatchNormalization" || training_mode?.value !== 1) return [node];
  const copied = node.inputs.slice(3).map((_, i) => `${node.name}/copy.${i}`);
  const copies = node.inputs.slice(3).flatMap((input, i) => {
    const copy = copied[i] ?? input;
    const negative = `${copy}/negative`;
    return [
      plainNode({ op: "Neg", name: negative, inputs: [input], outputs: [negative] }),
      plainNode({ op: "Neg", name: copy, inputs: [negative], outputs: [copy] }),
    ];
  });
  return [...copies, { ...node, inputs: [...node.inputs.slice(0, 3), ...copied] }];
}

/** A subgraph in the names of the graph around it; its own are unlike those already. */
function bodyOf({ g, inputs, outputs }: Subgraph, nameAround: (value: Value) => string): GraphDef {
  const scope = g.scope;
  const named = outputs.map((output, index) => [`${scope}output.${index}`, output] as const);
  return graphDefOf(g, {
    name: scope.slice(0, -1),
    inputs,
    outputs: Object.fromEntries(named),
    nameAround,
  });
}

const mapped = <T, U>(
  record: Readonly<Record<string, T>>,
  map: (value: T) => U,
): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

type NodeParts = Pick<NodeDef, "op" | "name" | "inputs" | "outputs"> &
  Partial<Pick<NodeDef, "attributes">>;

/** A node of the standard operator set. */
export const plainNode = (parts: NodeParts): NodeDef => ({ domain: "", attributes: {}, ...parts });

function attributesOf(
  specs: AttributeSpecs,
  values: Readonly<Record<string, AttributeValue | null>>,
): Record<string, Attribute> {
  const entries = Object.entries(specs).flatMap(([name, { kind }]): [string, Attribute][] => {
    const value = values[name] ?? null;
    if (value === null) return [];
    if (kind === "dtype") return [[name, { kind: "int", value: onnxCode(value as DType) }]];
    // The graph has held each value against its kind.
    return [[name, { kind, value } as Attribute]];
  });
  return Object.fromEntries(entries);
}

/** The value behind an input or output, under its outer name. */
export const infoOf = (
  name: string,
  { dtype, shape }: { readonly dtype: DType; readonly shape: readonly Dim[] },
): ValueInfo => ({ name, dtype, shape });

/** A model of the graph, which names the operator sets that its nodes are of. */
export function modelOf(graph: GraphDef, metadata: Metadata = {}): Model {
  const domains = new Set(["", ...allNodes(graph).map(({ domain }) => domain)]);
  return {
    irVersion: IR_VERSION,
    producer: "groundswell",
    operatorSets: Array.from(domains, (domain) => ({ domain, version: versionOf(domain) })),
    graph,
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

function versionOf(domain: string): number {
  const version = OPERATOR_SETS[domain];
  if (version === undefined) throw new GraphError(`Nothing is known of the domain "${domain}"`);
  return version;
}
