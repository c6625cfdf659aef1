import { DTYPES, onnxCode } from "../../dtype.ts";
import type { DType } from "../../dtype.ts";
import type { Attribute, NodeDef } from "../../model.ts";
import {
  floatOf,
  intOf,
  intValue,
  intsOf,
  stringOf,
  withAttribute,
  withInput,
  without,
} from "../node-edit.ts";
import { refuse } from "./upgrade.ts";
import type { Upgrade, Upgrades } from "./upgrade.ts";

const LIMITS = ["min", "max"] as const;

/** The limits must be of the clipped type; one that wasn't given stays away. */
const clipLimits: Upgrade = (node, site) => {
  let moved = without(node, ...LIMITS);
  for (const [index, name] of LIMITS.entries()) {
    const limit = floatOf(node, name);
    if (limit === undefined) continue;
    const dtype = site.floatTypeOf(node.inputs[0] ?? "");
    moved = withInput(moved, index + 1, site.constant(name, dtype, [limit], []));
  }
  return [moved];
};

const padAmounts: Upgrade = (node, site) => {
  const pads = intsOf(node, "pads") ?? [];
  const moved = withInput(without(node, "pads", "value"), 1, site.constant("pads", "int64", pads));
  const value = floatOf(node, "value");
  if (value === undefined || value === 0) return [moved];
  const dtype = site.floatTypeOf(node.inputs[0] ?? "");
  return [withInput(moved, 2, site.constant("value", dtype, [value], []))];
};

const sliceBounds: Upgrade = (node, site) => {
  const starts = intsOf(node, "starts") ?? [];
  const ends = intsOf(node, "ends") ?? [];
  const axes = intsOf(node, "axes");
  let moved = without(node, "starts", "ends", "axes");
  moved = withInput(moved, 1, site.constant("starts", "int64", starts));
  moved = withInput(moved, 2, site.constant("ends", "int64", ends));
  if (axes !== undefined) moved = withInput(moved, 3, site.constant("axes", "int64", axes));
  return [moved];
};

const topCount: Upgrade = (node, site) => {
  const count = site.constant("k", "int64", [intOf(node, "k", 1)]);
  return [withInput(without(node, "k"), 1, count)];
};

/** The mask was a tensor of the data's own type before it became one of truth values. */
const dropoutMask: Upgrade = (node, site) => {
  const [kept = "", mask = ""] = node.outputs;
  if (mask === "" || !site.isRead(mask)) return [{ ...node, outputs: [kept] }];
  throw refuse(node, "its mask is read, and was of another type");
};

const dropoutRatio: Upgrade = (node, site) => {
  const ratio = floatOf(node, "ratio");
  const moved = without(node, "ratio");
  if (ratio === undefined) return [moved];
  return [withInput(moved, 1, site.constant("ratio", "float32", [ratio], []))];
};

/** The names that set 1 had for element types, where they aren't ours in capitals. */
const OLD_NAMES: Partial<Record<DType, string>> = { float32: "FLOAT", float64: "DOUBLE" };

const castTarget: Upgrade = (node) => {
  const named = stringOf(node, "to");
  if (named === undefined) return [node];
  const dtype = DTYPES.find((known) => (OLD_NAMES[known] ?? known.toUpperCase()) === named);
  if (dtype === undefined) throw refuse(node, `there is no element type ${named}`);
  return [withAttribute(node, "to", intValue(onnxCode(dtype)))];
};

const renamed = (node: NodeDef, from: string, to: string): NodeDef => {
  const attribute = node.attributes[from];
  return attribute === undefined ? node : withAttribute(without(node, from), to, attribute);
};

/** Numbers that bound or parametrise an operator: from attributes to inputs. */
export const bounds: Upgrades = {
  "Cast@6": castTarget,
  "Clip@11": clipLimits,
  "Pad@2": (node) => [renamed(node, "paddings", "pads")],
  "Pad@11": padAmounts,
  "Slice@10": sliceBounds,
  "TopK@10": topCount,
  "Dropout@7": (node) => [without(node, "is_test")],
  "Dropout@10": dropoutMask,
  "Dropout@12": dropoutRatio,
  "Tile@6": (node) => {
    if (node.inputs.length > 2) throw refuse(node, "it repeats along one axis, which is computed");
    return [node];
  },
  "Upsample@7": (node) => {
    const [height, width] = ["height_scale", "width_scale"].map((name) => floatOf(node, name));
    if (height === undefined || width === undefined) return [node];
    const scales: Attribute = { kind: "floats", value: [1, 1, height, width] };
    return [withAttribute(without(node, "height_scale", "width_scale"), "scales", scales)];
  },
  "Upsample@9": (node, site) => {
    const scales = node.attributes["scales"];
    if (scales?.kind !== "floats") throw refuse(node, "it names no scales");
    const input = site.constant("scales", "float32", scales.value);
    return [withInput(without(node, "scales"), 1, input)];
  },
  "Scatter@11": (node) => [{ ...node, op: "ScatterElements" }],
  "GRU@7": (node) => [without(node, "output_sequence")],
  "LSTM@7": (node) => [without(node, "output_sequence")],
  "RNN@7": (node) => [without(node, "output_sequence")],
};
