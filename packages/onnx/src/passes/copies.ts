import type { GraphDef, NodeDef } from "../model.ts";
import { withNames } from "./branches.ts";
import { withSubgraphs } from "./names.ts";

/** The graph without Identity nodes, but for those that a name of an output depends on. */
export function withoutCopies(graph: GraphDef): GraphDef {
  const answered = new Set(graph.outputs.map(({ name }) => name));
  const computed = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const names = new Map<string, string>();
  const renamed = (name: string): string => {
    const next = names.get(name);
    return next === undefined ? name : renamed(next);
  };
  const isNeeded = (node: NodeDef): boolean => {
    if (node.op !== "Identity" || node.domain !== "") return true;
    const [to = ""] = node.outputs;
    const from = renamed(node.inputs[0] ?? "");
    if (!answered.has(to)) names.set(to, from);
    // The node that computes it can give it the name of the output.
    else if (computed.has(from) && !answered.has(from)) names.set(from, to);
    else return true;
    return false;
  };
  const nodes = graph.nodes.filter(isNeeded);
  return withNames(
    { ...graph, nodes: nodes.map((node) => withSubgraphs(node, withoutCopies)) },
    renamed,
  );
}
