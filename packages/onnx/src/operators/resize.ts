import { axisOf, dimAt, floorQuotient, product, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import {
  defineOperator,
  float,
  given,
  int,
  ints,
  string,
  type Known,
  type ShapeSite,
} from "./operator.ts";

const RESIZE = {
  antialias: int(0),
  axes: ints(null),
  coordinate_transformation_mode: string("half_pixel"),
  cubic_coeff_a: float(-0.75),
  exclude_outside: int(0),
  extrapolation_value: float(0),
  keep_aspect_ratio_policy: string("stretch"),
  mode: string("nearest"),
  nearest_mode: string("round_prefer_floor"),
};

type Site = ShapeSite<typeof RESIZE>;

/** An input is left out also by a constant without entries, as older exporters write it. */
function present(input: Known | undefined): Known | undefined {
  return input?.shape[0] === 0 ? undefined : input;
}

/** ⌊size · scale⌋ */
function scaled(size: Dim, scale: number, unknown: () => Dim): Dim {
  if (typeof size === "number") return Math.floor(size * scale);
  if (Number.isInteger(scale)) return product([size, scale]);
  return Number.isInteger(1 / scale) ? floorQuotient(size, 1 / scale) : unknown();
}

/** By one factor on all axes, the least or the greatest that `targets` would need. */
function inProportion(sizes: Shape, targets: Shape, site: Site): Shape {
  const factors = sizes.map((size, i) => Number(targets[i]) / Number(size));
  if (factors.some(Number.isNaN)) return sizes.map(() => site.unknown());
  const isLeast = site.attributes.keep_aspect_ratio_policy === "not_larger";
  const factor = isLeast ? Math.min(...factors) : Math.max(...factors);
  return sizes.map((size) => Math.floor(Number(size) * factor + 0.5));
}

function resized(sizes: Shape, site: Site): Shape {
  const { inputs, attributes, unknown } = site;
  const [region, scales, targets] = [1, 2, 3].map((at) => present(given(inputs, at)));
  if (targets !== undefined) {
    const { content } = targets;
    if (content === null) return sizes.map(() => unknown());
    if (attributes.keep_aspect_ratio_policy !== "stretch") {
      return inProportion(sizes, content, site);
    }
    return sizes.map((_, i) => content[i] ?? unknown());
  }
  if (scales === undefined) throw new ShapeError("Needs scales or sizes");
  const isCropped = attributes.coordinate_transformation_mode === "tf_crop_and_resize";
  return sizes.map((size, i) => {
    const scale = scales.content?.[i];
    const [start, end] = [region?.content?.[i], region?.content?.[i + sizes.length]];
    if (typeof scale !== "number") return unknown();
    if (!isCropped) return scaled(size, scale, unknown);
    if (typeof start !== "number" || typeof end !== "number") return unknown();
    return scaled(size, (end - start) * scale, unknown);
  });
}

/** By scales, or to sizes; on the axes that the attribute names, or on all. */
export const Resize = defineOperator({
  name: "Resize",
  attributes: RESIZE,
  shape: ([x], site) => {
    const axes = site.attributes.axes?.map((axis) => axisOf(axis, x.length)) ?? [...x.keys()];
    const sizes = resized(
      axes.map((axis) => dimAt(x, axis)),
      site,
    );
    return axes.reduce<Shape>((shape, axis, i) => shape.with(axis, sizes[i] ?? 0), x);
  },
});
