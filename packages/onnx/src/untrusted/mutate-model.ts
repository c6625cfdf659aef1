import { DTYPES, elementSize, onnxCode } from "../dtype.ts";
import { isNumeric } from "../element-type.ts";
import type { Attribute, GraphDef, Int64, Model, ModelTensor, NodeDef } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import { CONTROL_FLOW, STANDARD_OPERATORS } from "./allowed-operators.ts";
import type { Random } from "./random.ts";

export type ModelMutation = (model: Model, random: Random) => Model;

type GraphMutation = (graph: GraphDef, random: Random) => GraphDef;

const NUMBERS: readonly Int64[] = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  7,
  64,
  65_536,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32,
  2 ** 40,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

const onGraph =
  (mutate: GraphMutation): ModelMutation =>
  (model, random) => ({ ...model, graph: mutate(model.graph, random) });

/** One element of a list replaced; an empty list stays. */
function oneChanged<T>(
  list: readonly T[],
  random: Random,
  change: (element: T) => T,
): readonly T[] {
  const at = random.below(list.length);
  return list.map((element, i) => (i === at ? change(element) : element));
}

const onNode =
  (mutate: (node: NodeDef, random: Random, graph: GraphDef) => NodeDef): ModelMutation =>
  (model, random) =>
    onGraph((graph) => ({
      ...graph,
      nodes: oneChanged(graph.nodes, random, (node) => mutate(node, random, graph)),
    }))(model, random);

const valuesOf = (graph: GraphDef): readonly string[] => [
  "",
  "nobody makes this",
  ...graph.inputs.map(({ name }) => name),
  ...graph.initializers.map(({ name }) => name),
  ...graph.nodes.flatMap(({ outputs }) => outputs),
];

const inAnotherOrder: GraphMutation = (graph, random) => {
  const nodes = [...graph.nodes];
  const [from, to] = [random.below(nodes.length), random.below(nodes.length)];
  const [moved] = nodes.splice(from, 1);
  if (moved !== undefined) nodes.splice(to, 0, moved);
  return { ...graph, nodes };
};

function changedAttribute(attribute: Attribute, random: Random): Attribute {
  const number = random.pick(NUMBERS);
  const { kind, value } = attribute;
  if (kind === "float") return { kind, value: random.pick([0, -1, 1e38, Number.NaN, -Infinity]) };
  if (kind === "string") {
    return { kind, value: random.pick(["", "no such mode", "SAME_UPPER", "x".repeat(500)]) };
  }
  if (kind === "tensor") return { kind, value: changedTensor(value, random) };
  if (kind !== "ints") return { kind: "int", value: number };
  return random.chance(0.5)
    ? { kind, value: oneChanged(value, random, () => number) }
    : { kind, value: Array.from({ length: random.below(10) }, () => number) };
}

/** Another shape or type over as many bytes as it needs, or extreme values in the same. */
function changedTensor(tensor: ModelTensor, random: Random): ModelTensor {
  if (!isNumeric(tensor)) return tensor;
  const { name, dtype, dims, bytes } = tensor;
  if (random.chance(0.4)) {
    const value = random.pick([0x00, 0x01, 0x7f, 0xff]);
    const changed = bytes.slice();
    const from = random.below(changed.length);
    return { ...tensor, bytes: changed.fill(value, from, from + elementSize(dtype)) };
  }
  const type = random.chance(0.5) ? dtype : random.pick(DTYPES);
  const shape = random.chance(0.5)
    ? oneChanged(dims, random, () => random.below(9))
    : [...dims, random.below(3)];
  const length = sizeOf(shape) * elementSize(type);
  const filled = new Uint8Array(length);
  if (bytes.length > 0)
    for (let at = 0; at < length; at++) filled[at] = bytes[at % bytes.length] ?? 0;
  return { name, dtype: type, dims: shape, bytes: filled };
}

const OPERATORS = [...STANDARD_OPERATORS, ...CONTROL_FLOW, "NoSuchOperator", "ImageDecoder"];

const ATTRIBUTES = ["axis", "axes", "to", "perm", "group", "kernel_shape", "strides", "pads"];

/** Mutations of what a file says, so that they come past the reader. */
export const MODEL_MUTATIONS: Readonly<Record<string, ModelMutation>> = {
  "node removed": onGraph((graph, random) => {
    const at = random.below(graph.nodes.length);
    return { ...graph, nodes: graph.nodes.filter((_, i) => i !== at) };
  }),
  "nodes in another order": onGraph(inAnotherOrder),
  "another operator": onNode((node, random) => ({ ...node, op: random.pick(OPERATORS) })),
  "another domain": onNode((node, random) => ({
    ...node,
    domain: random.pick(["com.microsoft", "ai.onnx.ml", "ai.onnx", "nobody's"]),
  })),
  "another input": onNode((node, random, graph) => ({
    ...node,
    inputs: oneChanged(node.inputs, random, () => random.pick(valuesOf(graph))),
  })),
  "inputs more or fewer": onNode((node, random, graph) => ({
    ...node,
    inputs: random.chance(0.5)
      ? node.inputs.slice(1)
      : [...node.inputs, random.pick(valuesOf(graph))],
  })),
  "another output": onNode((node, random, graph) => ({
    ...node,
    outputs: oneChanged(node.outputs, random, () => random.pick(valuesOf(graph))),
  })),
  "outputs more or fewer": onNode((node, random) => ({
    ...node,
    outputs: random.chance(0.3) ? [] : [...node.outputs, random.pick(["", "one more"])],
  })),
  "attribute changed": onNode((node, random) => {
    const entries = oneChanged<readonly [string, Attribute]>(
      Object.entries(node.attributes),
      random,
      ([name, attribute]) => [name, changedAttribute(attribute, random)],
    );
    return { ...node, attributes: Object.fromEntries(entries) };
  }),
  "attribute added": onNode((node, random) => {
    const ints = Array.from({ length: random.below(5) }, () => random.pick(NUMBERS));
    const attribute: Attribute = random.chance(0.5)
      ? { kind: "int", value: random.pick([...NUMBERS, onnxCode(random.pick(DTYPES))]) }
      : { kind: "ints", value: ints };
    return { ...node, attributes: { ...node.attributes, [random.pick(ATTRIBUTES)]: attribute } };
  }),
  "attribute removed": onNode((node, random) => {
    const entries = Object.entries(node.attributes);
    const at = random.below(entries.length);
    return { ...node, attributes: Object.fromEntries(entries.filter((_, i) => i !== at)) };
  }),
  "graph in a node": (model, random) =>
    onNode((node) => ({
      ...node,
      attributes: { ...node.attributes, body: { kind: "graph", value: model.graph } },
    }))(model, random),
  "tensor changed": onGraph((graph, random) => ({
    ...graph,
    initializers: oneChanged(graph.initializers, random, (tensor) => changedTensor(tensor, random)),
  })),
  "tensor removed": onGraph((graph, random) => {
    const at = random.below(graph.initializers.length);
    return { ...graph, initializers: graph.initializers.filter((_, i) => i !== at) };
  }),
  "another input shape": onGraph((graph, random) => ({
    ...graph,
    inputs: oneChanged(graph.inputs, random, (input) => ({
      ...input,
      shape: oneChanged(input.shape ?? [], random, () =>
        random.pick([0, 1, 2, 5, 1_000, 2 ** 31, 2 ** 40, "N"]),
      ),
    })),
  })),
  "another input type": onGraph((graph, random) => ({
    ...graph,
    inputs: oneChanged(graph.inputs, random, (input) => ({
      ...input,
      dtype: random.pick([...DTYPES, "string" as const]),
    })),
  })),
  "another operator set": (model, random) => ({
    ...model,
    operatorSets: oneChanged(model.operatorSets, random, (set) => ({
      ...set,
      version: random.pick([0, 1, 6, 7, 9, 11, 13, 17, 20, 23, 26, 27, 2 ** 40]),
    })),
  }),
};
