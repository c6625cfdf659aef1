import { dimAt, showShape, sizeAt, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, int, ints } from "./operator.ts";
import { slidOver, WINDOW, windowsOf } from "./window.ts";

const CONV = { ...WINDOW, group: int(1) };

/** x [N, channels, …], w [outputs, channels / group, …kernel], bias [outputs] */
export const Conv = defineOperator({
  name: "Conv",
  attributes: CONV,
  shape: ([x, w], { attributes, unknown }) => {
    const kernel = kernelOf(w);
    const channels = dimAt(x, 1);
    if (typeof channels === "number" && channels !== sizeAt(w, 1) * attributes.group) {
      throw new ShapeError(`${channels} channels for the kernel ${showShape(w)}`);
    }
    const windows = windowsOf(x, kernel, attributes);
    return [dimAt(x, 0), dimAt(w, 0), ...slidOver(x, windows, unknown)];
  },
});

/** x [N, channels, …], w [channels, outputs / group, …kernel], bias [outputs] */
export const ConvTranspose = defineOperator({
  name: "ConvTranspose",
  attributes: { ...CONV, output_padding: ints(null), output_shape: ints(null) },
  shape: ([x, w], { attributes, unknown }) => {
    const { group, auto_pad, strides, dilations, pads, output_padding, output_shape } = attributes;
    const kernel = kernelOf(w);
    const axes = kernel.length;
    const sizes = kernel.map((size, i) => {
      const given = output_shape?.at(i - axes);
      if (given !== undefined) return given;
      const input = dimAt(x, i + 2);
      const stride = strides?.[i] ?? 1;
      if (auto_pad.startsWith("SAME"))
        return typeof input === "number" ? input * stride : unknown();
      const padded = auto_pad === "VALID" ? 0 : (pads?.[i] ?? 0) + (pads?.[i + axes] ?? 0);
      const reach = (size - 1) * (dilations?.[i] ?? 1) + 1 + (output_padding?.[i] ?? 0) - padded;
      if (typeof input === "string") return stride === 1 && reach === 1 ? input : unknown();
      return stride * (input - 1) + reach;
    });
    return [dimAt(x, 0), sizeAt(w, 1) * group, ...sizes];
  },
});

function kernelOf(w: Shape): number[] {
  return w.slice(2).map((_, i) => sizeAt(w, i + 2));
}
