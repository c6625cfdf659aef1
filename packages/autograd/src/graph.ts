import type { DType, NumericTensor } from "@groundswell/onnx";

import { createConstants } from "./constants.ts";
import { showShape } from "./dim.ts";
import { GraphError } from "./errors.ts";
import type { AttributeValue, Op, OutputSpec, PerInput, ShapeAnswer } from "./op.ts";
import { installBuilders } from "./ops/index.ts";
import type { Builders } from "./ops/index.ts";
import type { Node, Operand, Shape, Value } from "./value.ts";

type AttributeRecord = Readonly<Record<string, AttributeValue>>;

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
  /** Contents of a constant, undefined for other values. */
  contentsOf(value: Value): NumericTensor | undefined;
  /**
   * Appends a node and answers its first output. A node that computes the same already is
   * used again.
   * @throws GraphError where the operator's shape rule refuses, naming the operator
   */
  emit(op: Op, inputs: readonly Value[], attributes?: AttributeRecord): Value;
  /** `emit` for operators with several outputs. */
  emitAll(op: Op, inputs: readonly Value[], attributes?: AttributeRecord): readonly Value[];
  /** `value`, or the number as a scalar constant of `like`'s type. */
  operand(value: Operand, like: Value): Value;
}

/** A graph under construction, with one method for each operator. */
export interface Graph extends GraphCore, Builders {}

export function createGraph(): Graph {
  const nodes: Node[] = [];
  const inputNames = new Set<string>();
  const outputsByKey = new Map<string, readonly Value[]>();

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
      if (first === undefined) throw new GraphError(`${op.name} has no output`);
      return first;
    },

    emitAll(op, inputs, attributes = {}) {
      const names = inputs.map((input) => input.name);
      const key = JSON.stringify([op.name, names, attributes]);
      const known = outputsByKey.get(key);
      if (known !== undefined) return known;

      const node = createNode(nodes.length, op, inputs, attributes);
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
  op: Op,
  inputs: readonly Value[],
  attributes: AttributeRecord,
): Node {
  checkAttributes(op, attributes);
  const outputs: Value[] = [];
  const optional = new Set<Value>();
  const node: Node = { op, inputs, attributes, outputs, optional };
  for (const [index, spec] of inferOutputs(op, inputs, attributes).entries()) {
    const { shape, dtype, content = null } = spec;
    const name = `${op.name}.${number}${index === 0 ? "" : `.${index}`}`;
    const output: Value = { name, dtype, shape, node, content };
    outputs.push(output);
    if (spec.optional) optional.add(output);
  }
  return node;
}

/** @throws GraphError where an attribute is missing, unknown or of another kind */
function checkAttributes(op: Op, attributes: AttributeRecord): void {
  const names = new Set([...Object.keys(op.attributes), ...Object.keys(attributes)]);
  for (const name of names) {
    const kind = op.attributes[name];
    const value = attributes[name];
    const fits =
      kind === "ints"
        ? Array.isArray(value)
        : typeof value === (kind === "int" || kind === "float" ? "number" : "string");
    if (kind === undefined || !fits)
      throw new GraphError(`${op.name} with ${name} = ${String(value)}`);
  }
}

/** Runs the shape rule; its errors get the name of the operator and what it was given. */
function inferOutputs(
  op: Op,
  inputs: readonly Value[],
  attributes: AttributeRecord,
): readonly OutputSpec[] {
  const shapes = inputs.map((input) => input.shape);
  const site = { inputs: inputs as PerInput<Value>, attributes };
  let answer: ShapeAnswer;
  try {
    answer = op.shape(shapes as readonly Shape[] as PerInput<Shape>, site);
  } catch (cause) {
    if (!(cause instanceof GraphError)) throw cause;
    const given = shapes.map(showShape).join(", ");
    throw new GraphError(`${op.name}(${given}): ${cause.message}`, { cause });
  }
  if ("outputs" in answer) return answer.outputs;
  const dtype = op.dtype?.(site) ?? inputs[0]?.dtype;
  if (dtype === undefined) throw new GraphError(`${op.name} has no input to take its type from`);
  return [{ shape: answer, dtype }];
}
