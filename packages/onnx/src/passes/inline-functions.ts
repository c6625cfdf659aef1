import { PassError } from "../errors.ts";
import { boundNodes, functionsOf } from "../function-body.ts";
import type { FunctionDef, GraphDef, Model, NodeDef, OperatorSet } from "../model.ts";
import { isStandard } from "./knowledge.ts";
import { freshNames, showNode, subgraphsOf, withSubgraphs } from "./names.ts";
import { newNode } from "./node-edit.ts";

const MAX_DEPTH = 50;

/**
 * Says the model without functions of its own: in place of each node that calls one stand the
 * nodes of its body. Those of other domains than a function's stay as they are.
 * @throws PassError for a function that calls itself, and for one of another operator set
 *   than the model's
 */
export function inlineFunctions(model: Model): Model {
  const { functions: _, ...rest } = model;
  if (model.functions === undefined) return model;
  const find = functionsOf(model);
  const fresh = freshNames(model);
  const sets = new Map(model.operatorSets.map((set) => [domainOf(set), set]));

  function inlined(node: NodeDef, depth: number): NodeDef[] {
    const called = find(node);
    if (called === undefined) {
      return [withSubgraphs(node, (graph) => inlinedGraph(graph, depth))];
    }
    if (depth === MAX_DEPTH) throw new PassError(`${showNode(node)}: functions call themselves`);
    for (const set of called.operatorSets) agree(set, called);
    return bodyFor(node, called, fresh).flatMap((inner) => inlined(inner, depth + 1));
  }

  const inlinedGraph = (graph: GraphDef, depth: number): GraphDef => ({
    ...graph,
    nodes: graph.nodes.flatMap((node) => inlined(node, depth)),
  });

  function agree(set: OperatorSet, { name }: FunctionDef): void {
    const own = sets.get(domainOf(set));
    if (own === undefined) sets.set(domainOf(set), set);
    else if (own.version !== set.version) {
      const which = `${set.domain || "ai.onnx"} ${set.version}`;
      throw new PassError(`Function "${name}" is of ${which}, the model of ${own.version}`);
    }
  }

  const graph = inlinedGraph(model.graph, 0);
  return { ...rest, graph, operatorSets: [...sets.values()] };
}

const domainOf = (set: OperatorSet): string => (isStandard(set) ? "" : set.domain);

/** What a function does for one node, with names that no other part of the model has. */
function bodyFor(
  node: NodeDef,
  called: FunctionDef,
  fresh: (hint: string) => string,
): readonly NodeDef[] {
  const body = boundNodes(called, node);
  const names = new Map(called.inputs.map((name, index) => [name, node.inputs[index] ?? ""]));
  for (const name of body.flatMap(namesMadeBy)) names.set(name, fresh(name));
  const made = new Set(body.flatMap(({ outputs }) => outputs));
  const copies: NodeDef[] = [];
  for (const [index, name] of called.outputs.entries()) {
    const output = node.outputs[index] ?? "";
    if (output === "") continue;
    // A function may answer one of its inputs, or one value twice.
    if (made.delete(name)) names.set(name, output);
    else copies.push(newNode("Identity", [name], [output]));
  }
  const renamed = (name: string): string => names.get(name) ?? name;
  const path = node.name || called.name;
  return [
    ...body.map((inner) => ({
      ...renamedNode(inner, renamed),
      name: inner.name === "" ? "" : `${path}/${inner.name}`,
    })),
    ...copies.map((copy) => ({ ...copy, inputs: copy.inputs.map(renamed) })),
  ];
}

/** Names that a node defines, in the graphs inside of it too. */
const namesMadeBy = (node: NodeDef): string[] => [
  ...node.outputs.filter((name) => name !== ""),
  ...subgraphsOf(node).flatMap(({ inputs, initializers, nodes }) => [
    ...inputs.map(({ name }) => name),
    ...initializers.map(({ name }) => name),
    ...nodes.flatMap(namesMadeBy),
  ]),
];

function renamedNode(node: NodeDef, renamed: (name: string) => string): NodeDef {
  const rename = <T extends { readonly name: string }>(value: T): T => ({
    ...value,
    name: renamed(value.name),
  });
  const changed = withSubgraphs(node, ({ name, nodes, initializers, inputs, outputs }) => ({
    name,
    nodes: nodes.map((inner) => renamedNode(inner, renamed)),
    initializers: initializers.map(rename),
    inputs: inputs.map(rename),
    outputs: outputs.map(rename),
  }));
  return { ...changed, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) };
}
