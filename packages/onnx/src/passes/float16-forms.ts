import { onnxCode } from "../dtype.ts";
import { isNumeric } from "../element-type.ts";
import type { Attribute, ElementType, ModelTensor, NodeDef } from "../model.ts";
import type { Knowledge } from "./knowledge.ts";
import { intOf, intValue, stringOf, withAttribute, without } from "./node-edit.ts";
import { constantNodeValue, constantOf, loaded, stored } from "./stored.ts";

const LARGEST = 65_504;
const SMALLEST = 2 ** -24;

export const FLOAT32 = onnxCode("float32");
export const FLOAT16 = onnxCode("float16");

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

interface FormSite {
  /** Operators that the caller keeps in float32. */
  readonly kept: ReadonlySet<string>;
  readonly knowledge: Knowledge;
}

/** Which inputs and outputs of a node stay float32. */
export function float32Ends(node: NodeDef, { kept, knowledge }: FormSite): Ends {
  if (!staysFloat32(node, kept)) return ALWAYS_FLOAT32[node.op] ?? NONE;
  const floats = (names: readonly string[]): number[] =>
    names.flatMap((name, index) => (knowledge.known(name)?.dtype === "float32" ? [index] : []));
  return { inputs: floats(node.inputs), outputs: floats(node.outputs) };
}

/** The node with what its attributes say of float32 said of float16, unless it stays float32. */
export const halfForm = (node: NodeDef, { kept, knowledge }: FormSite): NodeDef =>
  staysFloat32(node, kept) ? node : halfAttributes(node, knowledge);

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

export function halfTensor(tensor: ModelTensor): ModelTensor {
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
