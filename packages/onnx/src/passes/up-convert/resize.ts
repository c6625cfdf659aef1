import type { NodeDef } from "../../model.ts";
import { sizeOf } from "../../tensor.ts";
import { stringOf, stringValue, withAttribute } from "../node-edit.ts";
import { loaded } from "../stored.ts";
import { refuse } from "./upgrade.ts";
import type { Upgrade, Upgrades, UpgradeSite } from "./upgrade.ts";

/**
 * Sets 9 and 10 knew one way to meet the old pixels: position divided by scale, rounded
 * towards the start when growing and away from it when shrinking.
 */
const namedModes: Upgrade = (node, site) => {
  const [x = "", scales = ""] = node.inputs;
  const asymmetric = withAttribute(
    { ...node, inputs: [x, site.constant("roi", "float32", []), scales] },
    "coordinate_transformation_mode",
    stringValue("asymmetric"),
  );
  if ((stringOf(node, "mode") ?? "nearest") !== "nearest") return [asymmetric];
  const rounding = shrinks(node, scales, site) ? "ceil" : "floor";
  return [withAttribute(asymmetric, "nearest_mode", stringValue(rounding))];
};

function shrinks(node: NodeDef, scales: string, site: UpgradeSite): boolean {
  const constant = site.constantNamed(scales);
  if (constant === undefined) return false;
  const factors = Array.from<number | bigint, number>(loaded(constant).data, Number);
  const less = factors.some((factor) => factor < 1);
  if (less && factors.some((factor) => factor > 1)) {
    throw refuse(node, "it grows along one axis and shrinks along another");
  }
  return less;
}

/** What had to be there, though empty, may be left out since set 13. */
const emptyInputs: Upgrade = (node, site) => {
  const inputs = node.inputs.map((name) => {
    const constant = site.constantNamed(name);
    return constant !== undefined && sizeOf(constant.dims) === 0 ? "" : name;
  });
  while (inputs.at(-1) === "") inputs.pop();
  return [{ ...node, inputs }];
};

const GRID_MODES: Readonly<Record<string, string>> = { bilinear: "linear", bicubic: "cubic" };

const gridMode: Upgrade = (node) => {
  const mode = stringOf(node, "mode") ?? "bilinear";
  return [withAttribute(node, "mode", stringValue(GRID_MODES[mode] ?? mode))];
};

const regionPixels: Upgrade = (node) => {
  const mode = "coordinate_transformation_mode";
  if (node.attributes[mode] !== undefined) return [node];
  return [withAttribute(node, mode, stringValue("output_half_pixel"))];
};

export const resizes: Upgrades = {
  "Upsample@10": (node) => [{ ...node, op: "Resize" }],
  "Resize@11": namedModes,
  "Resize@13": emptyInputs,
  "GridSample@20": gridMode,
  "RoiAlign@16": regionPixels,
};
