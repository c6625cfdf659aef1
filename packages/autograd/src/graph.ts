import { isDType, operators, showShape, ShapeError } from "@groundswell/onnx";
import type {
  AttributeSpec,
  AttributeValue,
  DType,
  NumericTensor,
  Operator,
  OutputSpec,
} from "@groundswell/onnx";

import { createConstants } from "./constants.ts";
import { GraphError } from "./errors.ts";
import type { Region } from "./op.ts";
import { installBuilders } from "./ops/index.ts";
import type { Builders } from "./ops/index.ts";
import { capturedBy, signatureOf } from "./subgraph.ts";
import { perInput } from "./value.ts";
import type { Node, Operand, Shape, Subgraph, Value } from "./value.ts";

type AttributeRecord = Readonly<Record<string, AttributeValue | null>>;
type GivenAttributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** What names an operator: its description, or its entry in `ops/`. */
type OperatorOrOp = Operator | { readonly operator: Operator };

interface EmitOptions {
  /** How many outputs the node names, where the operator leaves that open. Default 1. */
  readonly outputCount?: number;
  /** The graphs among the attributes. */
  readonly subgraphs?: Readonly<Record<string, Subgraph>>;
  /** What errors about the node call it. */
  readonly origin?: string;
  /** True for a node that must not be one with another that computes the same. */
  readonly apart?: boolean;
}

/** The part of a graph that knows no operator. */
export interface GraphCore {
  /** In the order of their creation, which is a topological order. */
  readonly nodes: readonly Node[];
  /** What the names of a subgraph begin with; empty for a graph that stands alone. */
  readonly scope: string;
  /** @throws GraphError for a name that another input has */
  input(name: string, dtype: DType, shape: Shape): Value;
  /**
   * A constant; without `shape`, a number is a scalar and a list a vector. Equal small
   * constants are one value.
   */
  constant(data: number | readonly number[], dtype: DType, shape?: readonly number[]): Value;
  /** A constant that exists as a tensor already; its bytes are not copied. */
  constantTensor(tensor: Omit<NumericTensor, "name">): Value;
  /** Contents of a constant, undefined for other values. */
  contentsOf(value: Value): NumericTensor | undefined;
  /**
   * Appends a node and answers its first output. A node that computes the same already is
   * used again. An optional input that is left out is null; attributes that are left out
   * have their defaults.
   * @throws GraphError where the operator's shape rule refuses, naming the operator
   */
  emit(op: OperatorOrOp, inputs: readonly (Value | null)[], attributes?: GivenAttributes): Value;
  /** `emit` for operators with several outputs. */
  emitAll(
    op: OperatorOrOp,
    inputs: readonly (Value | null)[],
    attributes?: GivenAttributes,
    options?: EmitOptions,
  ): readonly Value[];
  /**
   * A graph for a node to run. What `build` appends may read this graph's values as they are.
   */
  subgraph(build: (inner: Graph) => Pick<Subgraph, "inputs" | "outputs">): Subgraph;
  /**
   * Says the slope of several nodes as a whole, which may be cheaper than one after another:
   * the walk goes from `output` to `inputs`, all that it is computed from, and past what lies
   * between. `slopes` is a rule as an operator has it.
   */
  region(output: Value, inputs: readonly Value[], slopes: Region["slopes"]): void;
  /** The region that ends with this node. */
  regionOf(node: Node): Region | undefined;
  /** `x` as if it were a constant: no slope goes back through it. */
  detach(x: Value): Value;
  /** `value`, or the number as a scalar constant of `like`'s type. */
  operand(value: Operand, like: Value): Value;
}

/** A graph under construction, with one method for each operator. */
export interface Graph extends GraphCore, Builders {}

/** @param scope stands before all names, so that those of a subgraph differ from those around it */
export function createGraph(scope = ""): Graph {
  const nodes: Node[] = [];
  const inputNames = new Set<string>();
  const outputsByKey = new Map<string, readonly Value[]>();
  const regions = new Map<Node, Region>();
  let unknownSizes = 0;
  let subgraphs = 0;

  const core: GraphCore = {
    nodes,
    scope,
    ...createConstants(scope),

    input(name, dtype, shape) {
      if (inputNames.has(name)) throw new GraphError(`There is an input "${name}" already`);
      inputNames.add(name);
      return { name: scope + name, dtype, shape, node: null, content: null };
    },

    emit(op, inputs, attributes) {
      const [first] = core.emitAll(op, inputs, attributes);
      if (first === undefined) throw new GraphError("A node has no output");
      return first;
    },

    emitAll(op, inputs, attributes = {}, options = {}) {
      const { outputCount = 1, subgraphs: bodies = {}, origin = null, apart = false } = options;
      const operator = "operator" in op ? op.operator : op;
      const complete = withDefaults(operator, { ...attributes, ...signaturesOf(bodies) });
      const names = inputs.map((input) => input?.name ?? "");
      const { name, domain } = operator;
      const key = JSON.stringify([domain, name, names, complete, outputCount, apart]);
      // Two subgraphs are never known to be the same.
      const known = Object.keys(bodies).length === 0 ? outputsByKey.get(key) : undefined;
      if (known !== undefined) return known;

      const specs = inferOutputs(operator, inputs, complete, {
        outputCount,
        unknown: () => `${scope}?${unknownSizes++}`,
      });
      const parts = { operator, inputs, attributes: complete, subgraphs: bodies, origin };
      const node = createNode(`${scope}${name}.${nodes.length}`, parts, specs);
      nodes.push(node);
      outputsByKey.set(key, node.outputs);
      return node.outputs;
    },

    subgraph(build) {
      const inner = createGraph(`${scope}graph${subgraphs++}/`);
      const body = { g: inner, ...build(inner) };
      return { ...body, captured: capturedBy(body) };
    },

    region(output, inputs, slopes) {
      if (output.node === null) throw new GraphError(`Nothing computes "${output.name}"`);
      regions.set(output.node, { inputs, slopes });
    },

    regionOf: (node) => regions.get(node),

    detach(x) {
      const [detached = x] = core.emitAll(operators.Identity, [x], {}, { apart: true });
      core.region(detached, [], () => []);
      return detached;
    },

    operand: (value, like) =>
      typeof value === "number" ? core.constant(value, like.dtype) : value,
  };
  return installBuilders(core);
}

function createNode(
  name: string,
  parts: Pick<Node, "operator" | "inputs" | "attributes" | "subgraphs" | "origin">,
  specs: readonly OutputSpec[],
): Node {
  const outputs: Value[] = [];
  const optional = new Set<Value>();
  const bodies = Object.values(parts.subgraphs);
  const captured = [...new Set(bodies.flatMap((body) => body.captured))];
  const node: Node = { ...parts, captured, outputs, optional };
  for (const [index, spec] of specs.entries()) {
    const { shape, dtype, content = null } = spec;
    if (!isDType(dtype)) throw new GraphError(`${parts.operator.name} answers ${dtype}s`);
    if (spec.items !== undefined) throw new GraphError(`${parts.operator.name} answers sequences`);
    const suffix = index === 0 ? "" : `.${index}`;
    const output: Value = { name: name + suffix, dtype, shape, node, content };
    outputs.push(output);
    if (spec.optional) optional.add(output);
  }
  return node;
}

const signaturesOf = (bodies: Readonly<Record<string, Subgraph>>): GivenAttributes =>
  Object.fromEntries(Object.entries(bodies).map(([name, body]) => [name, signatureOf(body)]));

/** @throws GraphError where an attribute is missing, unknown or of another kind */
function withDefaults(operator: Operator, attributes: GivenAttributes): AttributeRecord {
  const unknown = Object.keys(attributes).find((name) => !(name in operator.attributes));
  if (unknown !== undefined) throw new GraphError(`${operator.name} has no attribute "${unknown}"`);
  const entries = Object.entries(operator.attributes).map(([name, spec]) => {
    const value = attributes[name] ?? spec.fallback;
    if (value === undefined || !(value === null || fits(spec, value)))
      throw new GraphError(`${operator.name} with ${name} = ${JSON.stringify(value)}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function fits({ kind }: AttributeSpec, value: AttributeValue): boolean {
  if (kind === "ints" || kind === "floats" || kind === "strings") return Array.isArray(value);
  if (kind === "int" || kind === "float") return typeof value === "number";
  return typeof value === (kind === "string" || kind === "dtype" ? "string" : "object");
}

/** Runs the shape rule; its errors get the name of the operator and what it was given. */
function inferOutputs(
  operator: Operator,
  inputs: Node["inputs"],
  attributes: AttributeRecord,
  site: Pick<Parameters<Operator["infer"]>[0], "outputCount" | "unknown">,
): readonly OutputSpec[] {
  try {
    return operator.infer({ ...site, inputs: perInput(inputs), attributes });
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    const shapes = inputs.map((input) => (input === null ? "-" : showShape(input.shape)));
    throw new GraphError(`${operator.name}(${shapes.join(", ")}): ${cause.message}`, { cause });
  }
}
