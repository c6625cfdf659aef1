import { dimAt, plus, product } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, given, int, ints, several, type ShapeRule } from "./operator.ts";
import { POOL, slidOver, windowsOf } from "./window.ts";

const slid: ShapeRule<typeof POOL> = ([x], { attributes, unknown }) => {
  const { kernel_shape } = attributes;
  if (kernel_shape === null) throw new ShapeError("A pool has a kernel_shape");
  const windows = windowsOf(x, kernel_shape, attributes);
  const sizes = slidOver(x, windows, unknown, attributes.ceil_mode === 1);
  return [dimAt(x, 0), dimAt(x, 1), ...sizes];
};

/** The second output is where each entry came from, counted over the whole of `x`. */
export const MaxPool = defineOperator({
  name: "MaxPool",
  attributes: { ...POOL, storage_order: int(0) },
  shape: (shapes, site) => {
    const shape = slid(shapes, site);
    if ("outputs" in shape) return shape;
    return several([
      { shape, dtype: site.inputs[0].dtype },
      { shape, dtype: "int64", optional: true },
    ]);
  },
});

export const AveragePool = defineOperator({
  name: "AveragePool",
  attributes: { ...POOL, count_include_pad: int(0) },
  shape: slid,
});

export const LpPool = defineOperator({
  name: "LpPool",
  attributes: { ...POOL, p: int(2) },
  shape: slid,
});

/** Puts entries back where MaxPool's second output says that they came from. */
export const MaxUnpool = defineOperator({
  name: "MaxUnpool",
  attributes: { kernel_shape: ints(), pads: ints(null), strides: ints(null) },
  shape: ([x], { inputs, attributes: { kernel_shape, pads, strides }, unknown }) => {
    const target = given(inputs, 2);
    if (target !== undefined) return target.content ?? x.map(() => unknown());
    const axes = kernel_shape.length;
    return x.map((size, axis) => {
      const kernel = kernel_shape[axis - 2];
      if (kernel === undefined) return size;
      const padded = (pads?.[axis - 2] ?? 0) + (pads?.[axis - 2 + axes] ?? 0);
      return plus(product([plus(size, -1), strides?.[axis - 2] ?? 1]), kernel - padded);
    });
  },
});

const overAll: ShapeRule = ([x]) => x.map((dim, axis) => (axis < 2 ? dim : 1));

export const GlobalAveragePool = defineOperator({ name: "GlobalAveragePool", shape: overAll });
export const GlobalMaxPool = defineOperator({ name: "GlobalMaxPool", shape: overAll });
export const GlobalLpPool = defineOperator({
  name: "GlobalLpPool",
  attributes: { p: int(2) },
  shape: overAll,
});
