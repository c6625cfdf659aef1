import type { GraphDef, Model, NodeDef } from "../model.ts";

/** The graphs that a node holds: branches of If, bodies of Loop and Scan. */
export function subgraphsOf(node: NodeDef): GraphDef[] {
  return Object.values(node.attributes).flatMap((attribute) => {
    if (attribute.kind === "graph") return [attribute.value];
    return attribute.kind === "graphs" ? [...attribute.value] : [];
  });
}

/** The node with `change` made to each graph that it holds; the same node where it holds none. */
export function withSubgraphs(node: NodeDef, change: (graph: GraphDef) => GraphDef): NodeDef {
  if (subgraphsOf(node).length === 0) return node;
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    if (attribute.kind === "graph") return [name, { ...attribute, value: change(attribute.value) }];
    if (attribute.kind !== "graphs") return [name, attribute];
    return [name, { ...attribute, value: attribute.value.map(change) }];
  });
  return { ...node, attributes: Object.fromEntries(attributes) as NodeDef["attributes"] };
}

/** The nodes of a graph and of all graphs inside of them. */
export const allNodes = (graph: GraphDef): NodeDef[] =>
  graph.nodes.flatMap((node) => [node, ...subgraphsOf(node).flatMap(allNodes)]);

/** Names of values that a node reads, those that its subgraphs read from outside included. */
export const readsOf = (node: NodeDef): string[] => [
  ...node.inputs.filter((name) => name !== ""),
  ...subgraphsOf(node).flatMap((graph) => [...capturesOf(graph)]),
];

/** Names that a subgraph reads and doesn't define. */
function capturesOf(graph: GraphDef): Set<string> {
  const defined = new Set(definedIn(graph));
  const read = [...graph.nodes.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)];
  return new Set(read.filter((name) => !defined.has(name)));
}

const definedIn = (graph: GraphDef): string[] => [
  ...graph.inputs.map(({ name }) => name),
  ...graph.initializers.map(({ name }) => name),
  ...(graph.sparseInitializers ?? []).map(({ values }) => values.name),
  ...graph.nodes.flatMap(({ outputs }) => outputs),
];

/** How often each value of `graph` is read: by its nodes, by their subgraphs, as an output. */
export function readCounts(graph: GraphDef): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const read = [...graph.nodes.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)];
  for (const name of read) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Makes names that nothing in `model` bears: `hint` itself, or `hint.1`, `hint.2`, … */
export function freshNames(model: Model): (hint: string) => string {
  const taken = new Set<string>();
  collect(model.graph, taken);
  return (hint) => {
    let name = hint;
    for (let n = 1; taken.has(name); n++) name = `${hint}.${n}`;
    taken.add(name);
    return name;
  };
}

function collect(graph: GraphDef, into: Set<string>): void {
  for (const name of definedIn(graph)) into.add(name);
  for (const node of graph.nodes) {
    into.add(node.name);
    for (const name of node.inputs) into.add(name);
    for (const inner of subgraphsOf(node)) collect(inner, into);
  }
}

/** Says which node, for messages. */
export const showNode = ({ op, domain, name, outputs }: NodeDef): string =>
  `${domain === "" ? "" : `${domain}.`}${op} "${name || (outputs[0] ?? "")}"`;
