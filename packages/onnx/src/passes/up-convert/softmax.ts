import { isStatic } from "../../dim.ts";
import type { Shape } from "../../dim.ts";
import { intOf, intValue, newNode, withAttribute } from "../node-edit.ts";
import type { Upgrade, Upgrades } from "./upgrade.ts";

/**
 * Whether "all axes from `axis` on, as one" is a single axis: the last, or one with nothing
 * but sizes of 1 behind it.
 */
const isOneAxis = (shape: Shape, axis: number): boolean =>
  shape.slice(axis + 1).every((dim) => dim === 1);

/**
 * Before set 13 the input was seen as a matrix, cut before `axis` (1 where it wasn't said),
 * and each row was normalised; since then `axis` alone is.
 */
const flattened: Upgrade = (node, site) => {
  const axis = intOf(node, "axis", 1);
  const [x = ""] = node.inputs;
  const shape = site.known(x)?.shape;
  if (axis === -1) return [withAttribute(node, "axis", intValue(-1))];
  if (shape !== undefined) {
    const fromFront = axis < 0 ? axis + shape.length : axis;
    if (isOneAxis(shape, fromFront)) return [withAttribute(node, "axis", intValue(fromFront))];
  }

  const matrix = site.fresh(`${x}.matrix`);
  const rows = site.fresh(`${x}.rows`);
  const before = newNode("Flatten", [x], [matrix], { axis: intValue(axis) });
  const inner = withAttribute({ ...node, inputs: [matrix], outputs: [rows] }, "axis", intValue(-1));
  if (shape !== undefined && isStatic(shape)) {
    const target = site.constant("shape", "int64", shape);
    return [before, inner, newNode("Reshape", [rows, target], node.outputs)];
  }
  const target = site.fresh(`${x}.shape`);
  return [
    before,
    inner,
    newNode("Shape", [x], [target]),
    newNode("Reshape", [rows, target], node.outputs),
  ];
};

export const softmaxes: Upgrades = {
  "Softmax@13": flattened,
  "LogSoftmax@13": flattened,
  "Hardmax@13": flattened,
};
