import { isStatic, sizeAt, sizeOf } from "@groundswell/onnx";

import type { Node } from "../value.ts";

/** With fewer outputs the product is too narrow to be worth the unfolding. */
const LEAST_OUTPUTS = 16;
/** A larger kernel makes more of unfolding than the product wins, unless channels are few. */
const MOST_ENTRIES = 25;
const FEW_CHANNELS = 4;
/** Elements that a picture may take unfolded, for the sake of memory: 16 MB. */
const MOST_UNFOLDED = 4 * 1024 * 1024;

/** True for a convolution that can be a product over rows: all sizes are known but the batch's. */
export function canBeRows({ operator, inputs, attributes, outputs }: Node): boolean {
  const [x, w] = inputs;
  const y = outputs[0];
  if (operator.name !== "Conv" || !x || !w || !y || attributes["group"] !== 1) return false;
  if (!isStatic(w.shape)) return false;
  return isStatic(x.shape.slice(1)) && isStatic(y.shape.slice(2));
}

/**
 * True for a convolution that is faster, forward and backward, as a product over rows:
 * bench/engine/conv-sizes.ts shows where.
 */
export function isFasterInRows(node: Node): boolean {
  if (!canBeRows(node)) return false;
  const [, w] = node.inputs;
  const [y] = node.outputs;
  if (!w || y?.dtype !== "float32") return false;
  const [outputs, channels] = [sizeAt(w.shape, 0), sizeAt(w.shape, 1)];
  const entries = sizeOf(w.shape.map(Number)) / (outputs * channels);
  const unfolded = sizeOf(y.shape.slice(2).map(Number)) * entries * channels;
  return (
    outputs >= LEAST_OUTPUTS &&
    (entries <= MOST_ENTRIES || channels <= FEW_CHANNELS) &&
    unfolded <= MOST_UNFOLDED
  );
}
