import { isStatic } from "@groundswell/onnx";

import type { Node } from "../value.ts";

/**
 * True for a convolution that is faster as a product over rows, forward and backward.
 */
export function isRowConv({ operator, inputs, attributes, outputs }: Node): boolean {
  const [x, w] = inputs;
  const y = outputs[0];
  if (operator.name !== "Conv" || !x || !w || !y || attributes["group"] !== 1) return false;
  if (x.dtype !== "float32" || !isStatic(w.shape)) return false;
  return isStatic(x.shape.slice(1)) && isStatic(y.shape.slice(2));
}
