import type { GraphDef, ModelTensor, NodeDef } from "../model.ts";
import { withSubgraphs } from "./names.ts";

export interface Inlined {
  readonly nodes: readonly NodeDef[];
  readonly initializers: readonly ModelTensor[];
}

/**
 * What the branch `graph` of an If node does, said in the graph around it. Names are made new:
 * another branch may use the same ones.
 */
export function inlineBranch(
  graph: GraphDef,
  outputs: readonly string[],
  fresh: (hint: string) => string,
): Inlined {
  const defined = [
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== "")),
  ];
  const names = new Map(defined.map((name) => [name, fresh(name)]));
  const renamed = (name: string): string => names.get(name) ?? name;
  const inside = withNames(graph, renamed);
  // A branch may answer a constant, or one value twice: hence the copies.
  const copies = graph.outputs.map(({ name }, index) => ({
    op: "Identity",
    domain: "",
    name: "",
    inputs: [renamed(name)],
    outputs: [outputs[index] ?? ""],
    attributes: {},
  }));
  return {
    nodes: [...inside.nodes, ...copies.filter((copy) => copy.outputs[0] !== "")],
    initializers: graph.initializers.map((tensor) => ({ ...tensor, name: renamed(tensor.name) })),
  };
}

/** The graph with every name that it and its subgraphs use replaced; not those of its inputs. */
export const withNames = (graph: GraphDef, renamed: (name: string) => string): GraphDef => ({
  ...graph,
  nodes: graph.nodes.map((node) => ({
    ...withSubgraphs(node, (inner) => withNames(inner, renamed)),
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  })),
  outputs: graph.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
  ...(graph.valueInfos !== undefined && {
    valueInfos: graph.valueInfos.map((value) => ({ ...value, name: renamed(value.name) })),
  }),
});
