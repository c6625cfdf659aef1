import { axisOf, constantInts, operators, permutationOf, sizeAt } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

/** Parts of tensors, and tensors of parts. */
export interface LayoutBuilders {
  /** Axis i of the result is axis `permutation[i]` of `x`. */
  transpose(x: Value, permutation: readonly number[]): Value;
  /** Along an axis whose sizes are known. */
  concat(values: readonly Value[], axis: number): Value;
  /** Entries [start, end) along `axis`, whose size is known; negative ones count from the end. */
  slice(x: Value, axis: number, start: number, end?: number): Value;
  /** Parts of these lengths along `axis`. */
  split(x: Value, axis: number, lengths: readonly number[]): readonly Value[];
  /** Zeros around `x`: `before[i]` and `after[i]` entries along axis i. */
  pad(x: Value, before: readonly number[], after: readonly number[]): Value;
  /** `x` under a name of its own. */
  identity(x: Value): Value;
}

export const Identity = defineOp(operators.Identity, {
  grad: ({ dy }) => [() => dy],
  cases: [{ inputs: [["N", 3]] }],
});

export const Transpose = defineOp(operators.Transpose, {
  grad: ({ dy, g, attributes }) => [
    () => {
      const perm = permutationOf(attributes.perm, dy.shape.length);
      const back = perm.map((_, axis) => perm.indexOf(axis));
      return g.transpose(dy, back);
    },
  ],
  cases: [
    { inputs: [["N", 3, 4]] },
    { inputs: [["N", 3]], attributes: { perm: [1, 0] } },
    { inputs: [["N", 3, 4]], attributes: { perm: [1, 2, 0] } },
  ],
});

export const Concat = defineOp(operators.Concat, {
  grad: ({ dy, g, inputs, attributes: { axis } }) => {
    let offset = 0;
    return inputs.map((input) => {
      const start = offset;
      offset += sizeAt(input.shape, axis);
      const end = offset;
      return () => g.slice(dy, axis, start, end);
    });
  },
  cases: [
    {
      inputs: [
        ["N", 2],
        ["N", 3],
      ],
      attributes: { axis: 1 },
    },
    {
      inputs: [
        [2, 3],
        [1, 3],
        [4, 3],
      ],
      attributes: { axis: 0 },
    },
  ],
});

/** The one number that a constant vector of length 1 holds. */
function only(value: Value): number {
  const [number] = value.content ?? [];
  if (typeof number !== "number") throw new GraphError("The range must be constant");
  return number;
}

export const Slice = defineOp(operators.Slice, {
  grad: ({ dy, g, inputs: [x, starts, ends, axes] }) => [
    () => {
      const axis = axes === undefined ? 0 : only(axes);
      const nothing = x.shape.map(() => 0);
      const after = sizeAt(x.shape, axis) - only(ends);
      return g.pad(dy, nothing.with(axis, only(starts)), nothing.with(axis, after));
    },
  ],
  cases: [
    { inputs: [["N", 5], { ints: [1] }, { ints: [4] }, { ints: [1] }] },
    { inputs: [[5, 3], { ints: [0] }, { ints: [2] }, { ints: [0] }] },
  ],
});

export const Pad = defineOp(operators.Pad, {
  grad: ({ dy, g, inputs: [x, pads] }) => [
    () => {
      const sizes = constantInts(pads, "padding");
      return x.shape.reduce<Value>((inner, _, axis) => {
        const before = sizes[axis] ?? 0;
        const after = sizes[axis + x.shape.length] ?? 0;
        if (before + after === 0) return inner;
        return g.slice(inner, axis, before, before + sizeAt(x.shape, axis));
      }, dy);
    },
  ],
  cases: [
    { inputs: [["N", 3], { ints: [0, 1, 0, 2] }] },
    { inputs: [[2, 3], { ints: [1, 0, 0, 2] }] },
  ],
});

export const Split = defineOp(operators.Split, {
  grad: ({ g, outputs, slopes, attributes: { axis } }) => [
    () =>
      g.concat(
        outputs.map((output, part) => slopes[part] ?? g.zerosLike(output)),
        axis,
      ),
  ],
  cases: [
    { inputs: [["N", 5], { ints: [2, 3] }], attributes: { axis: 1 } },
    { inputs: [[4, 3], { ints: [1, 1, 2] }], attributes: { axis: 0 } },
  ],
});

export function builders(g: Graph): LayoutBuilders {
  const vector = (values: readonly number[]): Value => g.constant(values, "int64");
  return {
    identity: (x) => g.emit(Identity, [x]),
    transpose: (x, permutation) => g.emit(Transpose, [x], { perm: permutation }),
    concat(values, axis) {
      const [first] = values;
      if (first === undefined) throw new GraphError("Nothing to join");
      return g.emit(Concat, values, { axis: axisOf(axis, first.shape.length) });
    },
    slice(x, axis, start, end) {
      const at = axisOf(axis, x.shape.length);
      const size = sizeAt(x.shape, at);
      const fromFront = (index: number): number => (index < 0 ? index + size : index);
      const bounds = [fromFront(start), fromFront(end ?? size), at];
      return g.emit(Slice, [x, ...bounds.map((bound) => vector([bound]))]);
    },
    split: (x, axis, lengths) =>
      g.emitAll(Split, [x, vector(lengths)], { axis: axisOf(axis, x.shape.length) }),
    pad: (x, before, after) => g.emit(Pad, [x, vector([...before, ...after])]),
  };
}
