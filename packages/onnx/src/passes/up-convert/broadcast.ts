import type { NodeDef } from "../../model.ts";
import { intOf, newNode, withInput, without } from "../node-edit.ts";
import { refuse } from "./upgrade.ts";
import type { Upgrade, Upgrades, UpgradeSite } from "./upgrade.ts";

function rankOf(node: NodeDef, index: number, site: UpgradeSite): number {
  const shape = site.known(node.inputs[index] ?? "")?.shape;
  if (shape === undefined) throw refuse(node, `the rank of input ${index} isn't known`);
  return shape.length;
}

/**
 * `name` with axes of size 1 behind its own, so that its first axis meets axis `axis` of a
 * tensor with `rank` axes.
 */
function alignedTo(
  node: NodeDef,
  { axis, rank, site }: { axis: number; rank: number; site: UpgradeSite },
): readonly NodeDef[] {
  const missing = rank - axis - rankOf(node, 1, site);
  if (missing <= 0) return [node];
  const own = rankOf(node, 1, site);
  const added = Array.from({ length: missing }, (_, i) => own + i);
  const aligned = site.fresh(`${node.inputs[1] ?? ""}.aligned`);
  const unsqueeze = newNode("Unsqueeze", [node.inputs[1] ?? ""], [aligned], {
    axes: { kind: "ints", value: added },
  });
  return [unsqueeze, withInput(node, 1, aligned)];
}

/** Before set 7 the second input was lined up by attributes, since then by NumPy's rule. */
const alignSecond: Upgrade = (node, site) => {
  const plain = without(node, "axis", "broadcast");
  const axis = node.attributes["axis"];
  if (intOf(node, "broadcast", 0) === 0 || axis === undefined) return [plain];
  const rank = rankOf(node, 0, site);
  const from = intOf(node, "axis", 0);
  return alignedTo(plain, { axis: from < 0 ? from + rank : from, rank, site });
};

/** A vector of slopes was one for each channel, whatever follows the channels. */
const alignSlope: Upgrade = (node, site) => {
  const slope = site.known(node.inputs[1] ?? "")?.shape;
  if (slope?.length !== 1 || slope[0] === 1) return [node];
  return alignedTo(node, { axis: 1, rank: rankOf(node, 0, site), site });
};

const ALIGNED = ["Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor"];

export const broadcasts: Upgrades = {
  ...(Object.fromEntries(ALIGNED.map((op) => [`${op}@7`, alignSecond])) as Upgrades),
  "Gemm@7": (node) => [without(node, "broadcast")],
  "PRelu@7": alignSlope,
};
