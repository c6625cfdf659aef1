import { showShape, ShapeError } from "@groundswell/onnx";
import type {
  AttributeSpec,
  AttributeValue,
  DType,
  Known,
  NumericTensor,
  Operator,
  OutputSpec,
  PerInput,
} from "@groundswell/onnx";

import { createConstants } from "./constants.ts";
import { GraphError } from "./errors.ts";
import { installBuilders } from "./ops/index.ts";
import type { Builders } from "./ops/index.ts";
import type { Node, Operand, Shape, Value } from "./value.ts";

type AttributeRecord = Readonly<Record<string, AttributeValue | null>>;
type GivenAttributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** What names an operator: its description, or its entry in `ops/`. */
type OperatorOrOp = Operator | { readonly operator: Operator };

export interface EmitOptions {
  /** How many outputs the node names, where the operator leaves that open. Default 1. */
  readonly outputCount?: number;
}

/** The part of a graph that knows no operator. */
export interface GraphCore {
  /** In the order of their creation, which is a topological order. */
  readonly nodes: readonly Node[];
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
  /** `value`, or the number as a scalar constant of `like`'s type. */
  operand(value: Operand, like: Value): Value;
}

/** A graph under construction, with one method for each operator. */
export interface Graph extends GraphCore, Builders {}

export function createGraph(): Graph {
  const nodes: Node[] = [];
  const inputNames = new Set<string>();
  const outputsByKey = new Map<string, readonly Value[]>();
  let unknownSizes = 0;

  const core: GraphCore = {
    nodes,
    ...createConstants(),

    input(name, dtype, shape) {
      if (inputNames.has(name)) throw new GraphError(`There is an input "${name}" already`);
      inputNames.add(name);
      return { name, dtype, shape, node: null, content: null };
    },

    emit(op, inputs, attributes) {
      const [first] = core.emitAll(op, inputs, attributes);
      if (first === undefined) throw new GraphError("A node has no output");
      return first;
    },

    emitAll(op, inputs, attributes = {}, { outputCount = 1 } = {}) {
      const operator = "operator" in op ? op.operator : op;
      const complete = withDefaults(operator, attributes);
      const names = inputs.map((input) => input?.name ?? "");
      const key = JSON.stringify([operator.name, names, complete, outputCount]);
      const known = outputsByKey.get(key);
      if (known !== undefined) return known;

      const specs = inferOutputs(operator, inputs, complete, {
        outputCount,
        unknown: () => `?${unknownSizes++}`,
      });
      const node = createNode(nodes.length, operator, inputs, complete, specs);
      nodes.push(node);
      outputsByKey.set(key, node.outputs);
      return node.outputs;
    },

    operand: (value, like) =>
      typeof value === "number" ? core.constant(value, like.dtype) : value,
  };
  return installBuilders(core);
}

function createNode(
  number: number,
  operator: Operator,
  inputs: Node["inputs"],
  attributes: AttributeRecord,
  specs: readonly OutputSpec[],
): Node {
  const outputs: Value[] = [];
  const optional = new Set<Value>();
  const node: Node = { operator, inputs, attributes, outputs, optional };
  for (const [index, spec] of specs.entries()) {
    const { shape, dtype, content = null } = spec;
    if (dtype === "string") throw new GraphError(`${operator.name} answers strings`);
    const name = `${operator.name}.${number}${index === 0 ? "" : `.${index}`}`;
    const output: Value = { name, dtype, shape, node, content };
    outputs.push(output);
    if (spec.optional) optional.add(output);
  }
  return node;
}

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
  const known = inputs.map((input) => input ?? undefined) as readonly (Known | undefined)[];
  try {
    return operator.infer({ ...site, inputs: known as unknown as PerInput<Known>, attributes });
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause;
    const shapes = inputs.map((input) => (input === null ? "-" : showShape(input.shape)));
    throw new GraphError(`${operator.name}(${shapes.join(", ")}): ${cause.message}`, { cause });
  }
}
