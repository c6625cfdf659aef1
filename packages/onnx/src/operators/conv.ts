import { dimAt, plus, product, sizeAt } from "../dim.ts";
import { defineOperator, int, ints } from "./operator.ts";
import { CONV, convolvedShape, kernelOf } from "./window.ts";

/** x [N, channels, …], w [outputs, channels / group, …kernel], bias [outputs] */
export const Conv = defineOperator({
  name: "Conv",
  attributes: CONV,
  shape: ([x, w], site) => convolvedShape(x, w, site),
});

/** x [N, channels, …], w [channels, outputs / group, …kernel], bias [outputs] */
export const ConvTranspose = defineOperator({
  name: "ConvTranspose",
  attributes: { ...CONV, output_padding: ints(null), output_shape: ints(null) },
  shape: ([x, w], { attributes }) => {
    const { group, auto_pad, strides, dilations, pads, output_padding, output_shape } = attributes;
    const kernel = kernelOf(w);
    const axes = kernel.length;
    const sizes = kernel.map((size, i) => {
      const given = output_shape?.at(i - axes);
      if (given !== undefined) return given;
      const input = dimAt(x, i + 2);
      const stride = strides?.[i] ?? 1;
      if (auto_pad.startsWith("SAME")) return product([input, stride]);
      const padded = auto_pad === "VALID" ? 0 : (pads?.[i] ?? 0) + (pads?.[i + axes] ?? 0);
      const reach = (size - 1) * (dilations?.[i] ?? 1) + 1 + (output_padding?.[i] ?? 0) - padded;
      return plus(product([stride, plus(input, -1)]), reach);
    });
    return [dimAt(x, 0), sizeAt(w, 1) * group, ...sizes];
  },
});

/** As Conv, each entry of the kernel read at an offset of its own. */
export const DeformConv = defineOperator({
  name: "DeformConv",
  attributes: { ...CONV, offset_group: int(1) },
  shape: ([x, w], site) => convolvedShape(x, w, site),
});
