import { ShapeError, UndecidedShape } from "./errors.ts";
import { inferNode, type NodeSite } from "./infer-node.ts";
import { knownInputs, knownTensor } from "./known.ts";
import type { Dim, GraphDef, Model, NodeDef } from "./model.ts";
import type { Known } from "./operators/operator.ts";
import { allNodes, subgraphsOf } from "./passes/names.ts";
import { upConvert } from "./passes/up-convert.ts";

/** A node whose outputs can't be told before the model runs. */
export interface UndecidedNode {
  readonly node: NodeDef;
  readonly reason: string;
}

export interface InferredShapes {
  /** By name, for each value of the model's graph: null where nothing can be told. */
  readonly values: ReadonlyMap<string, Known | null>;
  /** Those of the model's graph and of the graphs inside its nodes, in the order of the nodes. */
  readonly undecided: readonly UndecidedNode[];
}

/**
 * Element type and shape of every value of a model, and what small tensors of sizes hold, from
 * the model alone. A size that an input names stays that name, and sizes that are worked out
 * from it are written with it: "2*N", "(N+-1)", "(N//2)". Sizes that depend on the data get
 * names that begin with "?".
 *
 * A model of an older operator set is brought up to the newest first; `undecided` then has the
 * nodes in their new form.
 *
 * @throws ShapeError naming the node where the model contradicts itself; PassError where it
 *   can't be brought up
 */
export function inferShapes(model: Model): InferredShapes {
  const newest = upConvert(model);
  const taken = symbolsOf(newest.graph);
  const undecided = new Map<NodeDef, string>();
  let count = 0;
  const unknown = (): Dim => {
    let symbol = `?${count++}`;
    while (taken.has(symbol)) symbol = `?${count++}`;
    return symbol;
  };
  const known = inferGraph(newest.graph, new Map(knownInputs(newest.graph)), {
    known: () => undefined,
    unknown,
    undecided,
  });
  const names = [
    ...model.graph.inputs.map(({ name }) => name),
    ...model.graph.initializers.map(({ name }) => name),
    ...model.graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== "")),
  ];
  return {
    values: new Map(names.map((name) => [name, known.get(name) ?? null])),
    undecided: [...undecided].map(([node, reason]) => ({ node, reason })),
  };
}

/** Names of sizes that the model's own graphs declare. */
function symbolsOf(graph: GraphDef): ReadonlySet<Dim> {
  const graphs = [graph, ...allNodes(graph).flatMap(subgraphsOf)];
  return new Set(graphs.flatMap(({ inputs }) => inputs.flatMap(({ shape }) => shape ?? [])));
}

interface Surroundings extends Pick<NodeSite, "known" | "unknown"> {
  /** Filled as nodes turn out undecided. */
  readonly undecided: Map<NodeDef, string>;
}

function inferGraph(
  graph: GraphDef,
  inputs: ReadonlyMap<string, Known>,
  around: Surroundings,
): ReadonlyMap<string, Known> {
  const values = new Map(inputs);
  const declared = new Set(graph.inputs.map(({ name }) => name));
  for (const tensor of graph.initializers) {
    const known = knownTensor(tensor);
    // A caller may give another value for an initialiser that is an input too.
    if (declared.has(tensor.name)) {
      if (!values.has(tensor.name)) values.set(tensor.name, { ...known, content: null });
    } else values.set(tensor.name, known);
  }
  const inside: Surroundings = {
    ...around,
    known: (name) => values.get(name) ?? around.known(name),
  };
  const site: NodeSite = {
    ...inside,
    subgraph: (body, given) => answersOf(body, given, inside),
  };
  for (const node of graph.nodes) {
    try {
      const outputs = inferNode(node, site);
      for (const [index, name] of node.outputs.entries()) {
        const output = outputs[index];
        if (name !== "" && output !== undefined) values.set(name, output);
      }
    } catch (error) {
      if (!(error instanceof UndecidedShape)) throw error;
      around.undecided.set(node, error.message);
    }
  }
  return values;
}

/** What a graph inside a node answers when it is given `inputs`. */
function answersOf(
  body: GraphDef,
  inputs: readonly Known[],
  around: Surroundings,
): readonly Known[] {
  const named = new Map(knownInputs(body));
  for (const [index, { name }] of body.inputs.entries()) {
    const input = inputs[index];
    if (input !== undefined) named.set(name, input);
  }
  let values: ReadonlyMap<string, Known>;
  try {
    values = inferGraph(body, named, around);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    // A branch that is never taken may well be impossible.
    throw new UndecidedShape(error.message, { cause: error });
  }
  return body.outputs.map(({ name }) => {
    const value = values.get(name) ?? around.known(name);
    if (value === undefined) throw new UndecidedShape(`What "${name}" inside of it is, is unknown`);
    return value;
  });
}
