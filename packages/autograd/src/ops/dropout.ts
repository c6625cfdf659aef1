import { given, operators } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

export interface DropoutBuilders {
  /**
   * `x` with a share `rate` of its entries set to 0 and the others grown by 1 / (1 − rate).
   *
   * Which ones is a function of `seed` (an int64 scalar, fed: another for each step), of
   * `stream` (another for each place of the network) and of the entry's position alone: the
   * same on every machine, and the same again after a resumption. The operator Dropout has a
   * state inside the session, which nobody can save.
   */
  dropout(x: Value, options: DropoutOptions): Value;
}

export interface DropoutOptions {
  /** From 0 up to but without 1. */
  readonly rate: number;
  readonly seed: Value;
  readonly stream: number;
}

export const Dropout = defineOp(operators.Dropout, {
  grad: ({ dy, g, inputs, outputs }) => [
    () => {
      const [x] = inputs;
      const training = given(inputs, 2);
      const kept = outputs[1];
      if (training === undefined || kept === undefined) return dy;
      const ratio = given(inputs, 1);
      const rate = ratio === undefined ? g.constant(0.5, x.dtype) : g.cast(ratio, x.dtype);
      const growth = g.where(training, g.reciprocal(g.sub(1, rate)), 1);
      return g.mul(dy, g.mul(g.cast(kept, x.dtype), growth));
    },
  ],
  cases: [
    { inputs: [["N", 3]] },
    // With a seed, a new session draws the same again.
    { inputs: [["N", 7], null, { shape: [], dtype: "bool" }], attributes: { seed: 3 } },
  ],
});

const TWO_32 = 2 ** 32;

/** ⌊2³² / φ⌋: streams far from each other. */
const GOLDEN = 0x9e3779b9;

/**
 * Mixes 32 bits so that each bit of the input turns about half of the output's: a bijection
 * with two multiplications (Wellons, "Prospecting for hash functions", 2018: lowbias32).
 */
function mixed(g: Graph, x: Value): Value {
  const word = (value: number): Value => g.constant(value, "uint32");
  const folded = (h: Value, bits: number): Value => {
    const shifted = g.emit(operators.BitShift, [h, word(bits)], { direction: "RIGHT" });
    return g.emit(operators.BitwiseXor, [h, shifted]);
  };
  const first = g.mul(folded(x, 16), word(0x7feb352d));
  const second = g.mul(folded(first, 15), word(0x846ca68b));
  return folded(second, 16);
}

/** 0, 1, 2, … in the shape of `x`. */
function positionsOf(g: Graph, x: Value): Value {
  const zero = g.constant(0, "int64");
  const one = g.constant(1, "int64");
  const count = g.emit(operators.Range, [zero, g.elementCount(x), one]);
  return g.cast(g.emit(operators.Reshape, [count, g.shapeOf(x)]), "uint32");
}

export function builders(g: Graph): DropoutBuilders {
  return {
    dropout(x, { rate, seed, stream }) {
      if (!(rate >= 0 && rate < 1)) throw new GraphError(`A dropout rate of ${rate}`);
      if (rate === 0) return x;
      const place = g.constant(Math.imul(stream, GOLDEN) >>> 0, "uint32");
      const key = mixed(g, g.add(g.cast(seed, "uint32"), place));
      const draws = mixed(g, g.emit(operators.BitwiseXor, [positionsOf(g, x), key]));
      const dropped = g.less(draws, g.constant(Math.floor(rate * TWO_32), "uint32"));
      return g.mul(x, g.mul(g.cast(g.not(dropped), x.dtype), 1 / (1 - rate)));
    },
  };
}
