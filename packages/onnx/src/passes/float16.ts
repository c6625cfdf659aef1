import { PassError } from "../errors.ts";
import type { GraphDef, Model, ModelTensor, NodeDef, ValueInfo } from "../model.ts";
import { withNames } from "./branches.ts";
import { removeDeadCode } from "./dead-code.ts";
import { FLOAT16, FLOAT32, float32Ends, halfForm, halfTensor } from "./float16-forms.ts";
import { createKnowledge, requireDescribed } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import { freshNames, withSubgraphs } from "./names.ts";
import { intValue, newNode } from "./node-edit.ts";

export interface Float16Options {
  /** Callers go on feeding and reading float32. Default true. */
  readonly keepIo?: boolean;
  /** Operators that go on computing in float32, such as "Softmax". Default: none. */
  readonly keepOperators?: readonly string[];
}

/**
 * Computes in float16 what was float32: weights take half the bytes, and accelerators with
 * such kernels are faster (a CPU mostly converts back and isn't). Weights that float16 can't
 * hold become the nearest that it can, and none but zero becomes zero: an epsilon stays one.
 *
 * @throws PassError for a model older than set 21 (`upConvert` first), and where callers are
 *   to notice nothing, and an output's type isn't known
 */
export function toFloat16(model: Model, options: Float16Options = {}): Model {
  const { keepIo = true, keepOperators = [] } = options;
  requireDescribed(model);
  const fresh = freshNames(model);
  const kept = new Set(keepOperators);
  const half = halfGraph(model.graph, { fresh, kept });
  const graph = keepIo ? withFloat32Ends(half, { original: model.graph, fresh }) : half;
  return removeDeadCode({ ...model, graph });
}

interface Conversion {
  readonly fresh: (hint: string) => string;
  readonly kept: ReadonlySet<string>;
  readonly outer?: Knowledge;
}

function halfGraph(graph: GraphDef, conversion: Conversion): GraphDef {
  const { fresh, kept } = conversion;
  const knowledge = createKnowledge(graph, conversion.outer);
  const added: ModelTensor[] = [];
  const nodes: NodeDef[] = [];
  const wide = createWidening({ fresh, knowledge, added, nodes });

  for (const node of graph.nodes) {
    knowledge.learn(node);
    const { inputs, outputs } = float32Ends(node, { kept, knowledge });
    const inner = { ...conversion, outer: knowledge };
    const changed = withSubgraphs(node, (subgraph) => halfGraph(subgraph, inner));
    const narrow: NodeDef[] = [];
    const named = node.outputs.map((name, index) => {
      if (name === "" || !outputs.includes(index)) return name;
      const value = fresh(`${name}.float32`);
      narrow.push(castNode(value, name, FLOAT16));
      return value;
    });
    const read = node.inputs.map((name, index) =>
      name !== "" && inputs.includes(index) ? wide(name) : name,
    );
    const half = halfForm(changed, { kept, knowledge });
    nodes.push({ ...half, inputs: read, outputs: named }, ...narrow);
  }
  // Types and quantisation of inner values are those of before.
  const { valueInfos: _, quantization: __, ...rest } = graph;
  return {
    ...rest,
    nodes,
    initializers: [...graph.initializers.map(halfTensor), ...added],
    inputs: graph.inputs.map(halfInfo),
    outputs: graph.outputs.map(halfInfo),
  };
}

interface Widening {
  readonly fresh: (hint: string) => string;
  readonly knowledge: Knowledge;
  readonly added: ModelTensor[];
  readonly nodes: NodeDef[];
}

/** Answers the float32 of a value: a constant of its own, or a Cast; once for each value. */
function createWidening({ fresh, knowledge, added, nodes }: Widening): (name: string) => string {
  const widened = new Map<string, string>();
  return (name) => {
    const known = widened.get(name);
    if (known !== undefined) return known;
    const value = fresh(`${name}.float32`);
    const constant = knowledge.constantNamed(name);
    if (constant === undefined) nodes.push(castNode(name, value, FLOAT32));
    else added.push({ ...constant, name: value });
    widened.set(name, value);
    return value;
  };
}

const castNode = (from: string, to: string, code: number): NodeDef =>
  newNode("Cast", [from], [to], { to: intValue(code) });

const halfInfo = (info: ValueInfo): ValueInfo =>
  info.dtype === "float32" ? { ...info, dtype: "float16" } : info;

/** The graph with the inputs and outputs that it had, and Casts just inside of them. */
function withFloat32Ends(
  half: GraphDef,
  { original, fresh }: { original: GraphDef; fresh: (hint: string) => string },
): GraphDef {
  const knowledge = createKnowledge(original);
  for (const node of original.nodes) knowledge.learn(node);
  const isFloat = ({ name, dtype }: ValueInfo): boolean => {
    const known = dtype ?? knowledge.known(name)?.dtype;
    if (known === undefined) throw new PassError(`The model doesn't say what type "${name}" has`);
    return known === "float32";
  };
  const initialised = new Set(half.initializers.map(({ name }) => name));
  const inputs = original.inputs.filter((info) => isFloat(info) && !initialised.has(info.name));
  const outputs = original.outputs.filter(isFloat);
  const inside = new Map(
    [...inputs, ...outputs].map(({ name }) => [name, fresh(`${name}.float16`)]),
  );
  const renamed = (name: string): string => inside.get(name) ?? name;
  const graph = withNames(half, renamed);
  return {
    ...half,
    initializers: half.initializers.map((tensor) => ({ ...tensor, name: renamed(tensor.name) })),
    nodes: [
      ...inputs.map(({ name }) => castNode(name, renamed(name), FLOAT16)),
      ...graph.nodes,
      ...outputs.map(({ name }) => castNode(renamed(name), name, FLOAT32)),
    ],
    inputs: half.inputs.map((info) =>
      inside.has(info.name) ? { ...info, dtype: "float32" } : info,
    ),
    outputs: original.outputs,
  };
}
