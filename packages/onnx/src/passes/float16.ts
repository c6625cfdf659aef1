import { onnxCode } from "../dtype.ts";
import { PassError } from "../errors.ts";
import type {
  Attribute,
  ElementType,
  GraphDef,
  Model,
  ModelTensor,
  NodeDef,
  ValueInfo,
} from "../model.ts";
import { withNames } from "./branches.ts";
import { removeDeadCode } from "./dead-code.ts";
import { createKnowledge, requireDescribed } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import { freshNames, withSubgraphs } from "./names.ts";
import { intOf, intValue, newNode, stringOf, withAttribute, without } from "./node-edit.ts";
import { constantNodeValue, constantOf, isNumeric, loaded, stored } from "./stored.ts";

export interface Float16Options {
  /** Callers go on feeding and reading float32. Default true. */
  readonly keepIo?: boolean;
  /** Operators that go on computing in float32, such as "Softmax". Default: none. */
  readonly keepOperators?: readonly string[];
}

const LARGEST = 65_504;
const SMALLEST = 2 ** -24;

const FLOAT32 = onnxCode("float32");
const FLOAT16 = onnxCode("float16");

interface Ends {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

const NONE: Ends = { inputs: [], outputs: [] };

/** Which inputs and outputs of these are float32, whatever their neighbours are. */
const ALWAYS_FLOAT32: Readonly<Record<string, Ends>> = {
  DynamicQuantizeLinear: { inputs: [0], outputs: [1] },
  LayerNormalization: { inputs: [], outputs: [1, 2] },
  NonMaxSuppression: { inputs: [0, 1, 3, 4], outputs: [] },
  QLinearConv: { inputs: [1, 4, 6], outputs: [] },
  QLinearMatMul: { inputs: [1, 4, 6], outputs: [] },
  Resize: { inputs: [1, 2], outputs: [] },
  TfIdfVectorizer: { inputs: [], outputs: [0] },
  Upsample: { inputs: [1], outputs: [] },
};

/** No such operator in float16, by ONNX (Range), by meaning (BitCast) or in the runtime. */
const NEVER_FLOAT16: ReadonlySet<string> = new Set([
  "BitCast",
  "MeanVarianceNormalization",
  "Range",
]);

const SCATTERS: ReadonlySet<string> = new Set(["ScatterElements", "ScatterND"]);

function staysFloat32(node: NodeDef, kept: ReadonlySet<string>): boolean {
  if (kept.has(node.op) || NEVER_FLOAT16.has(node.op)) return true;
  const reduces = (stringOf(node, "reduction") ?? "none") !== "none";
  // Trees and the like of ai.onnx.ml know float32 only.
  return (SCATTERS.has(node.op) && reduces) || node.domain === "ai.onnx.ml";
}

/** Attributes that name an element type. */
const TYPE_ATTRIBUTES = ["to", "dtype", "output_dtype", "output_datatype"];

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
  const widened = new Map<string, string>();
  const nodes: NodeDef[] = [];

  /** The float32 of a value, as a constant of its own or by a Cast. */
  const wide = (name: string): string => {
    const known = widened.get(name);
    if (known !== undefined) return known;
    const value = fresh(`${name}.float32`);
    const constant = knowledge.constantNamed(name);
    if (constant === undefined) nodes.push(castNode(name, value, FLOAT32));
    else added.push({ ...constant, name: value });
    widened.set(name, value);
    return value;
  };

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
    const own = staysFloat32(node, kept) ? changed : halfAttributes(changed, knowledge);
    nodes.push({ ...own, inputs: read, outputs: named }, ...narrow);
  }
  return {
    ...graph,
    nodes,
    initializers: [...graph.initializers.map(halfTensor), ...added],
    inputs: graph.inputs.map(halfInfo),
    outputs: graph.outputs.map(halfInfo),
  };
}

const castNode = (from: string, to: string, code: number): NodeDef =>
  newNode("Cast", [from], [to], { to: intValue(code) });

/** Which inputs and outputs of a node stay float32. */
function float32Ends(
  node: NodeDef,
  { kept, knowledge }: { kept: ReadonlySet<string>; knowledge: Knowledge },
): Ends {
  if (!staysFloat32(node, kept)) return ALWAYS_FLOAT32[node.op] ?? NONE;
  const floats = (names: readonly string[]): number[] =>
    names.flatMap((name, index) => (knowledge.known(name)?.dtype === "float32" ? [index] : []));
  return { inputs: floats(node.inputs), outputs: floats(node.outputs) };
}

/** What a node's attributes say of float32, said of float16. */
function halfAttributes(node: NodeDef, { known }: Knowledge): NodeDef {
  if (node.op === "Cast" && isNoCast(node, known(node.inputs[0] ?? "")?.dtype)) {
    // The runtime stumbles over a Cast from float16 to float16.
    return { ...without(node, "to", "saturate", "round_mode"), op: "Identity" };
  }
  if (node.op === "Constant") {
    const value = constantNodeValue(node);
    if (value?.dtype !== "float32") return node;
    const plain = without(node, "value_float", "value_floats");
    return withAttribute(plain, "value", { kind: "tensor", value: halfTensor(value) });
  }
  let changed = node;
  for (const name of TYPE_ATTRIBUTES) {
    const attribute = node.attributes[name];
    if (attribute?.kind === "int" && attribute.value === FLOAT32) {
      changed = withAttribute(changed, name, intValue(FLOAT16));
    }
  }
  if (node.op !== "ConstantOfShape") return changed;
  const filled: Attribute = node.attributes["value"] ?? {
    kind: "tensor",
    value: constantOf("value", "float32", [0]),
  };
  if (filled.kind !== "tensor") return changed;
  return withAttribute(changed, "value", { ...filled, value: halfTensor(filled.value) });
}

const isNoCast = (node: NodeDef, from: ElementType | undefined): boolean => {
  const to = intOf(node, "to", 0);
  return (from === "float32" || from === "float16") && (to === FLOAT32 || to === FLOAT16);
};

const halfInfo = (info: ValueInfo): ValueInfo =>
  info.dtype === "float32" ? { ...info, dtype: "float16" } : info;

function halfTensor(tensor: ModelTensor): ModelTensor {
  if (!isNumeric(tensor) || tensor.dtype !== "float32") return tensor;
  const values = loaded(tensor).data as Float32Array;
  const data = Float16Array.from(values, nearestHalf);
  return stored(tensor.name, { dtype: "float16", dims: tensor.dims, data });
}

function nearestHalf(value: number): number {
  // Infinities, which masks are made of, and NaN are the same in every width.
  if (value === 0 || !Number.isFinite(value)) return value;
  const magnitude = Math.min(LARGEST, Math.max(SMALLEST, Math.abs(value)));
  return value < 0 ? -magnitude : magnitude;
}

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
