import { intOf, intValue, intsOf, withAttribute, withInput, without } from "../node-edit.ts";
import { intsToInput, refuse } from "./upgrade.ts";
import type { Upgrade, Upgrades } from "./upgrade.ts";

const axesToInput = intsToInput("axes", 1);

const REDUCTIONS = [
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSumSquare",
] as const;

const reductions: Upgrades = Object.fromEntries(
  REDUCTIONS.map((op) => [`${op}@18`, axesToInput] as const),
);

/** Where the parts are equal their number must be said: names of outputs no longer say it. */
const countOutputs: Upgrade = (node) => {
  const counted = (node.inputs[1] ?? "") !== "" || node.attributes["num_outputs"] !== undefined;
  return [counted ? node : withAttribute(node, "num_outputs", intValue(node.outputs.length))];
};

const splitSizes: Upgrade = (node) => {
  if (node.inputs.length > 1) throw refuse(node, "its sizes are computed");
  return [node];
};

const concatAxis: Upgrade = (node) => [
  node.attributes["axis"] === undefined ? withAttribute(node, "axis", intValue(1)) : node,
];

const reshapeTarget: Upgrade = (node, site) => {
  const target = intsOf(node, "shape");
  if (target === undefined) return [node];
  const input = site.constant("shape", "int64", target);
  return [withInput(without(node, "shape"), 1, input)];
};

const transformAxis: Upgrade = (node, site) => {
  const axis = site.constant("axis", "int64", [intOf(node, "axis", 1)], []);
  return [withInput(without(node, "axis"), 2, axis)];
};

/** Axes, sizes and targets: from attributes to inputs. */
export const axes: Upgrades = {
  ...reductions,
  "ReduceSum@13": axesToInput,
  "Squeeze@13": axesToInput,
  "Unsqueeze@13": axesToInput,
  "Concat@4": concatAxis,
  "Reshape@5": reshapeTarget,
  "Split@2": splitSizes,
  "Split@13": intsToInput("split", 1),
  "Split@18": countOutputs,
  "DFT@20": transformAxis,
};
