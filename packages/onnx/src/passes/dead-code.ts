import type { GraphDef, Model, NodeDef } from "../model.ts";
import { readsOf, withSubgraphs } from "./names.ts";

/**
 * Leaves out nodes that no output depends on, and initialisers that nothing reads; inputs
 * stay, so that callers feed what they fed. In branches and bodies too.
 */
export const removeDeadCode = (model: Model): Model => ({ ...model, graph: alive(model.graph) });

function alive(graph: GraphDef): GraphDef {
  const annotated = (graph.quantization ?? []).flatMap(({ parameters }) =>
    Object.values(parameters),
  );
  const needed = new Set([...graph.outputs.map(({ name }) => name), ...annotated]);
  const kept: NodeDef[] = [];
  // Nodes come after what they read, so that from the end each one's readers are known.
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    const trimmed = withSubgraphs(node, alive);
    for (const name of readsOf(trimmed)) needed.add(name);
    kept.push(trimmed);
  }
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const isRead = ({ name }: { readonly name: string }): boolean =>
    needed.has(name) || inputs.has(name);
  const { sparseInitializers = [], ...rest } = graph;
  const sparse = sparseInitializers.filter(({ values }) => isRead(values));
  return {
    ...rest,
    nodes: kept.toReversed(),
    initializers: graph.initializers.filter(isRead),
    ...(sparse.length > 0 && { sparseInitializers: sparse }),
  };
}
