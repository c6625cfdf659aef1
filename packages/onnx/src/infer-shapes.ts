import { ShapeError, UndecidedShape } from "./errors.ts";
import { calledBody, functionsOf } from "./function-body.ts";
import { inferNode, type NodeSite } from "./infer-node.ts";
import { knownInputs, knownSparse, knownTensor } from "./known.ts";
import type { Dim, FunctionDef, GraphDef, Model, NodeDef } from "./model.ts";
import type { Known } from "./operators/operator.ts";
import { allNodes, subgraphsOf } from "./passes/names.ts";
import { upConvertOutside } from "./passes/up-convert.ts";

/** A node whose outputs can't be told before the model runs. */
export interface UndecidedNode {
  readonly node: NodeDef;
  readonly reason: string;
}

export interface InferredShapes {
  /** By name, for each value of the model's graph: null where nothing can be told, and for
   * what is no tensor. */
  readonly values: ReadonlyMap<string, Known | null>;
  /** Those of the model's graph, of the graphs inside its nodes, and of functions it calls. */
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
  const newest = upConvertOutside(model);
  const taken = symbolsOf(newest.graph);
  const undecided = new Map<NodeDef, string>();
  let symbols = 0;
  const known = inferGraph(newest.graph, new Map(knownInputs(newest.graph)), {
    model: newest,
    functionOf: functionsOf(newest),
    calling: [],
    budget: { nodes: MOST_INNER_NODES },
    known: () => undefined,
    unknown() {
      let symbol = `?${symbols++}`;
      while (taken.has(symbol)) symbol = `?${symbols++}`;
      return symbol;
    },
    undecided,
  });
  const names = [
    ...model.graph.inputs.map(({ name }) => name),
    ...model.graph.initializers.map(({ name }) => name),
    ...model.graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== "")),
  ];
  return {
    values: new Map(names.map((name) => [name, tensorOrNull(known.get(name))])),
    undecided: [...undecided].map(([node, reason]) => ({ node, reason })),
  };
}

/** A sequence of tensors has no shape. */
const tensorOrNull = (value: Known | undefined): Known | null =>
  value === undefined || value.items !== undefined ? null : value;

/** Names of sizes that the model's own graphs declare. */
function symbolsOf(graph: GraphDef): ReadonlySet<Dim> {
  const graphs = [graph, ...allNodes(graph).flatMap(subgraphsOf)];
  return new Set(graphs.flatMap(({ inputs }) => inputs.flatMap(({ shape }) => shape ?? [])));
}

interface Surroundings extends Pick<NodeSite, "known" | "unknown"> {
  readonly model: Model;
  readonly functionOf: (node: NodeDef) => FunctionDef | undefined;
  /** The functions that this graph is in. */
  readonly calling: readonly FunctionDef[];
  /** How many more nodes of functions and inner graphs are looked at. */
  readonly budget: { nodes: number };
  /** Filled as nodes turn out undecided. */
  readonly undecided: Map<NodeDef, string>;
}

/** Functions that call functions twice, and loops in loops, can ask for any number of them. */
const MOST_INNER_NODES = 50_000;

function spend(budget: Surroundings["budget"], nodes: number): void {
  budget.nodes -= nodes;
  if (budget.nodes < 0) throw new UndecidedShape("Too much is called inside");
}

function inferGraph(
  graph: GraphDef,
  inputs: ReadonlyMap<string, Known>,
  around: Surroundings,
): ReadonlyMap<string, Known> {
  const values = new Map([...inputs, ...knownConstants(graph, inputs)]);
  const inside: Surroundings = {
    ...around,
    known: (name) => values.get(name) ?? around.known(name),
  };
  const site: NodeSite = {
    known: inside.known,
    unknown: inside.unknown,
    subgraph: (body, given) => answersOf(body, given, inside),
  };
  for (const node of graph.nodes) {
    try {
      const called = around.functionOf(node);
      const outputs =
        called === undefined ? inferNode(node, site) : inferCall(called, node, inside);
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

function knownConstants(
  graph: GraphDef,
  inputs: ReadonlyMap<string, Known>,
): readonly [string, Known][] {
  const declared = new Set(graph.inputs.map(({ name }) => name));
  const constants: [string, Known][] = [
    ...graph.initializers.map((tensor): [string, Known] => [tensor.name, knownTensor(tensor)]),
    ...(graph.sparseInitializers ?? []).map((tensor): [string, Known] => [
      tensor.values.name,
      knownSparse(tensor),
    ]),
  ];
  // A caller may give another value for an initialiser that is an input too.
  return constants.flatMap(([name, known]): [string, Known][] => {
    if (!declared.has(name)) return [[name, known]];
    return inputs.has(name) ? [] : [[name, { ...known, content: null }]];
  });
}

/** What a graph inside a node answers when it is given `inputs`. */
function answersOf(
  body: GraphDef,
  inputs: readonly Known[],
  around: Surroundings,
): readonly Known[] {
  spend(around.budget, body.nodes.length);
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
    const value = tensorOrNull(values.get(name) ?? around.known(name));
    if (value === null) throw new UndecidedShape(`What "${name}" inside of it is, is unknown`);
    return value;
  });
}

/** What a function of the model answers to the node that calls it. */
function inferCall(called: FunctionDef, node: NodeDef, around: Surroundings): readonly Known[] {
  if (around.calling.includes(called)) throw new UndecidedShape("The function calls itself");
  spend(around.budget, called.nodes.length);
  const inputs = node.inputs.map((name) => (name === "" ? undefined : around.known(name)));
  const hole = node.inputs.find((name, index) => name !== "" && inputs[index] === undefined);
  if (hole !== undefined) throw new UndecidedShape(`Its input "${hole}" is not known`);
  const { graph } = upConvertOutside(calledBody(called, node, { model: around.model, inputs }));
  const given = called.inputs.flatMap((name, index): [string, Known][] => {
    const input = inputs[index];
    return input === undefined ? [] : [[name, input]];
  });
  const values = inferGraph(graph, new Map(given), {
    ...around,
    calling: [...around.calling, called],
    known: () => undefined,
  });
  return called.outputs.map((name) => {
    const value = values.get(name);
    if (value === undefined) throw new UndecidedShape(`What it answers as "${name}" is unknown`);
    return value;
  });
}
