import type { Attribute, FunctionDef, GraphDef, Model, NodeDef, ValueInfo } from "./model.ts";
import type { Known } from "./operators/operator.ts";

const keyOf = ({ domain, overload = "" }: Pick<FunctionDef, "domain" | "overload">, name: string) =>
  JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);

/** Finds the function that a node calls, if the model defines it. */
export function functionsOf({ functions = [] }: Model): (node: NodeDef) => FunctionDef | undefined {
  const byKey = new Map(functions.map((each) => [keyOf(each, each.name), each]));
  return (node) => byKey.get(keyOf(node, node.op));
}

/**
 * The body of a function as a model of its own, for one node that calls it: of the types that
 * the node's inputs have, with the node's attributes where the body refers to them.
 */
export function calledBody(
  called: FunctionDef,
  node: NodeDef,
  { model, inputs }: { readonly model: Model; readonly inputs: readonly (Known | undefined)[] },
): Model {
  const graph: GraphDef = {
    name: called.name,
    nodes: boundNodes(called, node),
    initializers: [],
    inputs: called.inputs.flatMap((name, index) => valueInfo(name, inputs[index])),
    outputs: called.outputs.map((name) => ({ name, dtype: null, shape: null })),
  };
  return { ...model, operatorSets: called.operatorSets, graph };
}

/** The nodes of a function for one node that calls it, with that node's attributes. */
export function boundNodes(called: FunctionDef, node: NodeDef): NodeDef[] {
  const call: Call = {
    given: { ...called.defaults, ...node.attributes },
    absent: new Set(called.inputs.filter((_, index) => (node.inputs[index] ?? "") === "")),
  };
  return called.nodes.map((each) => bound(each, call));
}

const valueInfo = (name: string, known: Known | undefined): ValueInfo[] =>
  known === undefined ? [] : [{ name, dtype: known.dtype, shape: known.shape }];

interface Call {
  readonly given: Readonly<Record<string, Attribute>>;
  /** Inputs of the function that the node leaves out: the body's nodes leave them out then. */
  readonly absent: ReadonlySet<string>;
}

function bound(node: NodeDef, call: Call): NodeDef {
  const attributes = Object.entries(node.attributes).flatMap(([name, attribute]) => {
    const value = resolved(attribute, call);
    // An attribute that the caller doesn't give is left out.
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...node,
    inputs: node.inputs.map((name) => (call.absent.has(name) ? "" : name)),
    attributes: Object.fromEntries(attributes) as NodeDef["attributes"],
  };
}

function resolved(attribute: Attribute, call: Call): Attribute | undefined {
  if (attribute.kind === "reference") {
    return Object.hasOwn(call.given, attribute.value) ? call.given[attribute.value] : undefined;
  }
  const inside = (graph: GraphDef): GraphDef => ({
    ...graph,
    nodes: graph.nodes.map((node) => bound(node, call)),
  });
  if (attribute.kind === "graph") return { ...attribute, value: inside(attribute.value) };
  if (attribute.kind === "graphs") return { ...attribute, value: attribute.value.map(inside) };
  return attribute;
}
