import { isNumeric } from "../element-type.ts";
import type { Attribute, GraphDef, ModelTensor, NodeDef } from "../model.ts";
import { mayDoWithout, mayLeaveOut, mustBeConstant } from "./allowed-operators.ts";
import { canonicalDomain, checkOperator } from "./check-operator.ts";
import { checkTensor } from "./check-tensor.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, quoted } from "./refusal.ts";
import type { RefusalReason } from "./refusal.ts";

/** `TensorProto.DataType.STRING`, as the attribute `to` of a Cast names it. */
const STRING = 8;

/** Attributes that need no look beyond their length. */
const PLAIN_KINDS: ReadonlySet<Attribute["kind"]> = new Set(["float", "int", "floats", "ints"]);

/** Counts over the whole model, graphs inside nodes included. */
interface Totals {
  nodes: number;
  initializers: number;
  tensorBytes: number;
}

/** Names that can be read at a place: those of the graph so far, and those around it. */
interface Scope {
  readonly has: (name: string) => boolean;
  readonly isConstant: (name: string) => boolean;
  /** @throws ModelRefused for a name that is taken, here or around here */
  readonly define: (name: string, made?: { node?: string; constant?: boolean }) => void;
}

function scopeIn(around: Scope | null, textLength: number): Scope {
  const defined = new Set<string>();
  const constants = new Set<string>();
  const has = (name: string): boolean => defined.has(name) || (around?.has(name) ?? false);
  return {
    has,
    isConstant: (name) => constants.has(name) || (around?.isConstant(name) ?? false),
    define(name, { node, constant = false } = {}) {
      const where = node === undefined ? {} : { node };
      checkName(name, textLength, where);
      if (has(name)) {
        throw new ModelRefused("duplicate-value", `${quoted(name)} is made twice`, where);
      }
      defined.add(name);
      if (constant) constants.add(name);
    },
  };
}

function checkName(name: string, textLength: number, where: { node?: string }): void {
  if (name === "") throw new ModelRefused("name", "A value has no name", where);
  if (name.length > textLength) {
    const why = `The name ${quoted(name)} has ${name.length} characters, ${textLength} are allowed`;
    throw new ModelRefused("name", why, where);
  }
  // Feeds and results are plain objects by name, and this one is no name in them.
  if (name === "__proto__") throw new ModelRefused("name", `${quoted(name)} is no name`, where);
}

/** @throws ModelRefused */
export function checkGraph(graph: GraphDef, policy: UntrustedPolicy): void {
  const totals = { nodes: 0, initializers: 0, tensorBytes: 0 };
  walkGraph(graph, { policy, totals, depth: 0, around: null, within: "" });
}

interface Place {
  readonly policy: UntrustedPolicy;
  readonly totals: Totals;
  readonly depth: number;
  readonly around: Scope | null;
  /** Prefix of a node's description: the nodes that it is inside of. */
  readonly within: string;
}

function walkGraph(graph: GraphDef, place: Place): void {
  const { policy, totals, around, within } = place;
  const scope = scopeIn(around, policy.textLength);
  checkCount(graph.inputs.length, policy.arity, "arity", "inputs");
  checkCount(graph.outputs.length, policy.arity, "arity", "outputs");
  for (const { name } of graph.inputs) scope.define(name);

  totals.initializers += graph.initializers.length;
  checkCount(totals.initializers, policy.initializers, "initializers", "initialisers");
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  for (const tensor of graph.initializers) {
    // One that is an input too is that input's default; it can be so only once.
    if (!inputs.delete(tensor.name)) scope.define(tensor.name, { constant: true });
    countTensor(tensor, place, null);
  }

  totals.nodes += graph.nodes.length;
  checkCount(totals.nodes, policy.nodes, "nodes", "nodes");
  for (const [index, node] of graph.nodes.entries()) {
    const label = node.name === "" ? node.op : `${node.op} ${quoted(node.name)}`;
    walkNode(node, `${within}node ${index} (${label.slice(0, 120)})`, place, scope);
  }

  const answered = new Set<string>();
  for (const { name } of graph.outputs) {
    if (name === "" || !scope.has(name)) {
      throw new ModelRefused("unknown-value", `Nothing makes the output ${quoted(name)}`);
    }
    if (answered.has(name)) {
      throw new ModelRefused("duplicate-value", `The output ${quoted(name)} is named twice`);
    }
    answered.add(name);
  }
}

function checkCount(
  count: number,
  allowed: number,
  reason: RefusalReason,
  what: string,
  node?: string,
): void {
  if (count <= allowed) return;
  const why = `${count} ${what}, ${allowed} are allowed`;
  throw new ModelRefused(reason, why, node === undefined ? {} : { node });
}

function countTensor(tensor: ModelTensor, { policy, totals }: Place, node: string | null): void {
  checkTensor(tensor, policy, node);
  if (isNumeric(tensor)) totals.tensorBytes += tensor.bytes.length;
  if (totals.tensorBytes > policy.tensorBytes) {
    const why = `The model's tensors have more than ${policy.tensorBytes} bytes`;
    throw new ModelRefused("tensor-bytes", why, { node });
  }
}

function walkNode(node: NodeDef, label: string, place: Place, scope: Scope): void {
  const { policy } = place;
  checkOperator(node, label, policy);
  checkCount(node.inputs.length, policy.arity, "arity", "inputs", label);
  checkCount(node.outputs.length, policy.arity, "arity", "outputs", label);
  checkInputs(node, label, scope);
  for (const [name, attribute] of Object.entries(node.attributes)) {
    walkAttribute(name, attribute, label, { ...place, around: scope });
  }
  defineOutputs(node, label, scope);
}

function checkInputs({ op, domain, inputs }: NodeDef, node: string, scope: Scope): void {
  const standard = canonicalDomain(domain) === "";
  for (const [index, name] of inputs.entries()) {
    if (name === "") {
      if (standard && mayDoWithout(op, index)) continue;
      throw new ModelRefused("input", `Input ${index} is left out`, { node });
    }
    if (!scope.has(name)) {
      throw new ModelRefused("unknown-value", `Nothing before it makes ${quoted(name)}`, { node });
    }
    if (standard && mustBeConstant(op, index) && !scope.isConstant(name)) {
      throw new ModelRefused("input", `Input ${index} must be a constant`, { node });
    }
  }
}

function defineOutputs({ op, domain, outputs }: NodeDef, node: string, scope: Scope): void {
  const standard = canonicalDomain(domain) === "";
  if (outputs.length === 0) {
    throw new ModelRefused("output-left-out", "It has no output", { node });
  }
  for (const [index, name] of outputs.entries()) {
    if (name !== "") scope.define(name, { node, constant: standard && op === "Constant" });
    else if (!standard || !mayLeaveOut(op, index)) {
      throw new ModelRefused("output-left-out", `Output ${index} has no name`, { node });
    }
  }
}

function walkAttribute(name: string, attribute: Attribute, node: string, place: Place): void {
  const { policy } = place;
  const { kind, value } = attribute;
  if (name.length > policy.textLength) {
    throw new ModelRefused("name", `An attribute's name has ${name.length} characters`, { node });
  }
  if (Array.isArray(value)) {
    const what = `values in the attribute ${quoted(name)}`;
    checkCount(value.length, policy.attributeValues, "attribute", what, node);
  }
  if (name === "to" && value === STRING) {
    throw new ModelRefused("element-type", "It makes strings", { node });
  }
  if (kind === "string") checkText(name, value, node, policy);
  else if (kind === "strings") for (const text of value) checkText(name, text, node, policy);
  else if (kind === "tensor") countTensor(value, place, node);
  else if (kind === "tensors") for (const tensor of value) countTensor(tensor, place, node);
  else if (kind === "graph") walkInner(value, node, place);
  else if (kind === "graphs") for (const graph of value) walkInner(graph, node, place);
  else if (!PLAIN_KINDS.has(kind)) {
    throw new ModelRefused("attribute", `The attribute ${quoted(name)} is a ${kind}`, { node });
  }
}

function checkText(
  name: string,
  text: string,
  node: string,
  { textLength }: UntrustedPolicy,
): void {
  const what = `characters in the attribute ${quoted(name)}`;
  checkCount(text.length, textLength, "attribute", what, node);
}

function walkInner(graph: GraphDef, node: string, place: Place): void {
  const { policy } = place;
  const depth = place.depth + 1;
  if (!policy.controlFlow) {
    throw new ModelRefused("control-flow", "It holds a graph", { node });
  }
  checkCount(depth, policy.nesting, "nesting", "graphs inside each other", node);
  walkGraph(graph, { ...place, depth, within: `${node}, ` });
}
