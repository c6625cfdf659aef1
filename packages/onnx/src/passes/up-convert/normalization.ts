import type { NodeDef } from "../../model.ts";
import { intOf, newNode, withInput, without } from "../node-edit.ts";
import { loaded } from "../stored.ts";
import { refuse } from "./upgrade.ts";
import type { Upgrade, Upgrades, UpgradeSite } from "./upgrade.ts";

const spatial: Upgrade = (node) => {
  if (intOf(node, "spatial", 1) !== 1) throw refuse(node, "it normalises each position alone");
  return [without(node, "spatial")];
};

/** Outputs beside the first meant training; exporters name them and nothing reads them. */
const inferenceOutputs: Upgrade = (node, site) => {
  const [y = "", ...statistics] = node.outputs;
  if (statistics.some((name) => name !== "" && site.isRead(name))) {
    throw refuse(node, "its statistics are read, which older sets define otherwise");
  }
  return [{ ...node, outputs: [y] }];
};

/** Scale and bias were one for each group; now they are one for each channel. */
const perChannel: Upgrade = (node, site) => {
  const channels = site.known(node.inputs[0] ?? "")?.shape[1];
  const groups = intOf(node, "num_groups", 1);
  if (typeof channels !== "number") throw refuse(node, "the number of its channels isn't known");
  if (channels === groups) return [node];
  const before: NodeDef[] = [];
  let wide = node;
  for (const index of [1, 2]) {
    const name = node.inputs[index] ?? "";
    wide = withInput(wide, index, repeated(name, { groups, channels, before, site }));
  }
  return [...before, wide];
};

interface Repeat {
  readonly groups: number;
  readonly channels: number;
  readonly before: NodeDef[];
  readonly site: UpgradeSite;
}

function repeated(name: string, { groups, channels, before, site }: Repeat): string {
  const each = channels / groups;
  const constant = site.constantNamed(name);
  if (constant !== undefined) {
    const values = Array.from<number | bigint, number>(loaded(constant).data, Number);
    const wide = values.flatMap((value) => Array.from({ length: each }, () => value));
    return site.constant(`${name}.channels`, constant.dtype, wide);
  }
  const [column, matrix, wide] = ["column", "matrix", "channels"].map((hint) =>
    site.fresh(`${name}.${hint}`),
  ) as [string, string, string];
  before.push(
    newNode("Reshape", [name, site.constant("column", "int64", [groups, 1])], [column]),
    newNode("Expand", [column, site.constant("matrix", "int64", [groups, each])], [matrix]),
    newNode("Reshape", [matrix, site.constant("vector", "int64", [channels])], [wide]),
  );
  return wide;
}

export const normalizations: Upgrades = {
  "BatchNormalization@7": (node) => [without(node, "is_test")],
  "BatchNormalization@9": spatial,
  "BatchNormalization@14": inferenceOutputs,
  "GroupNormalization@21": perChannel,
};
