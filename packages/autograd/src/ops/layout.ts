import {
  axisOf,
  dimAt,
  given,
  isStatic,
  operators,
  permutationOf,
  sizeAt,
  sliceRanges,
} from "@groundswell/onnx";

import { GraphError, UnwrittenRule } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

/** Parts of tensors, and tensors of parts. */
export interface LayoutBuilders {
  /** Axis i of the result is axis `permutation[i]` of `x`. */
  transpose(x: Value, permutation: readonly number[]): Value;
  /** One after another along an axis. */
  concat(values: readonly Value[], axis: number): Value;
  /** Entries [start, end) along `axis`; negative ones count from the end. */
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

/** The size of `x` along `axis` as an int64 vector of one entry. */
function extent(g: Graph, x: Value, axis: number): Value {
  const size = dimAt(x.shape, axis);
  if (typeof size === "number") return g.constant([size], "int64");
  return g.gather(g.shapeOf(x), g.constant([axis], "int64"));
}

/** As many entries of `whole` along `axis`, from `start` on, as `like` has; shaped as `like`. */
function cut(g: Graph, whole: Value, { axis, start, like }: Cut): Value {
  const from = typeof start === "number" ? g.constant([start], "int64") : start;
  const inputs = [whole, from, g.add(from, extent(g, like, axis)), g.constant([axis], "int64")];
  const size = dimAt(like.shape, axis);
  if (typeof size === "number" && typeof start === "number") {
    return g.slice(whole, axis, start, start + size);
  }
  return g.emit(operators.Slice, inputs);
}

interface Cut {
  readonly axis: number;
  readonly start: number | Value;
  readonly like: Value;
}

export const Concat = defineOp(operators.Concat, {
  grad: ({ dy, g, inputs, attributes }) => {
    const axis = axisOf(attributes.axis, dy.shape.length);
    const starts: (number | Value)[] = [];
    let start: number | Value = 0;
    for (const input of inputs) {
      starts.push(start);
      const size = dimAt(input.shape, axis);
      const before: number | Value = start;
      start =
        typeof before === "number" && typeof size === "number"
          ? before + size
          : g.add(
              typeof before === "number" ? g.constant([before], "int64") : before,
              extent(g, input, axis),
            );
    }
    return inputs.map(
      (input, i) => () =>
        g.reshapeLike(cut(g, dy, { axis, start: starts[i] ?? 0, like: input }), input),
    );
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
        ["N", 3],
        [4, 3],
      ],
      attributes: { axis: -2 },
    },
  ],
});

export const Slice = defineOp(operators.Slice, {
  grad: ({ dy, g, inputs }) => [
    () => {
      const [x] = inputs;
      const ranges = sliceRanges(inputs, x.shape.length);
      if (ranges === undefined)
        throw new UnwrittenRule("no rule is written for ranges that depend on the data");
      // From the last axis to the first, each as if it had been cut alone.
      return ranges.reduceRight((slope, range, i) => {
        const like = ranges.slice(0, i).reduce((part, each) => sliced(g, part, each), x);
        return spreadOver(g, slope, like, range);
      }, dy);
    },
  ],
  cases: [
    { inputs: [["N", 5], { ints: [1] }, { ints: [4] }, { ints: [1] }] },
    { inputs: [[5, 3], { ints: [0] }, { ints: [2] }] },
    { inputs: [["N", 5, 4], { ints: [1, -3] }, { ints: [5, -1] }, { ints: [1, 2] }] },
    { inputs: [["N", 3], { ints: [1] }, { ints: [2 ** 40] }, { ints: [0] }] },
    { inputs: [["N", 7], { ints: [1] }, { ints: [7] }, { ints: [1] }, { ints: [2] }] },
    { inputs: [["N", 5], { ints: [-1] }, { ints: [-(2 ** 40)] }, { ints: [1] }, { ints: [-2] }] },
  ],
});

type Range = NonNullable<ReturnType<typeof sliceRanges>>[number];

const sliced = (g: Graph, x: Value, { axis, start, end, step }: Range): Value =>
  g.emit(operators.Slice, [
    x,
    ...[start, end, axis, step].map((bound) => g.constant([Number(bound)], "int64")),
  ]);

/** `slope` at the places of `like` that the range takes, zeros elsewhere. */
function spreadOver(g: Graph, slope: Value, like: Value, range: Range): Value {
  const size = dimAt(like.shape, range.axis);
  const places = sliced(g, counted(g, like, range.axis), { ...range, axis: 0 });
  const order = like.shape.map((_, axis) => axis);
  const front = [range.axis, ...order.filter((axis) => axis !== range.axis)];
  if (typeof size === "number" && range.step === 1 && isStatic(places.shape)) {
    const first = Number(range.start);
    const start = Math.min(Math.max(first < 0 ? first + size : first, 0), size);
    const nothing = order.map(() => 0);
    const after = size - start - sizeAt(places.shape, 0);
    return g.pad(slope, nothing.with(range.axis, start), nothing.with(range.axis, after));
  }
  const zeros = g.zerosLike(g.transpose(like, front));
  const sum = g.scatterAdd(zeros, g.unsqueeze(places, [1]), g.transpose(slope, front));
  return g.transpose(
    sum,
    order.map((axis) => front.indexOf(axis)),
  );
}

/** 0, 1, 2, … for each entry along `axis`. */
const counted = (g: Graph, x: Value, axis: number): Value =>
  g.emit(operators.Range, [
    g.constant(0, "int64"),
    g.squeeze(extent(g, x, axis), [0]),
    g.constant(1, "int64"),
  ]);

export const Pad = defineOp(operators.Pad, {
  grad: ({ dy, g, inputs, attributes: { mode } }) => [
    () => {
      const [x, pads] = inputs;
      if (mode !== "constant") throw new UnwrittenRule(`no rule is written for mode "${mode}"`);
      const listed = given(inputs, 3)?.content ?? x.shape.map((_, axis) => axis);
      const inner = listed.reduce<Value>((whole, one, i) => {
        const axis = axisOf(Number(one), x.shape.length);
        const before = pads.content?.[i];
        if (typeof before === "number" && before < 0) {
          throw new UnwrittenRule("no rule is written for padding that takes away");
        }
        if (before === 0 && whole.shape[axis] === x.shape[axis]) return whole;
        const start =
          typeof before === "number" ? before : g.gather(pads, g.constant([i], "int64"));
        return cut(g, whole, { axis, start, like: x });
      }, dy);
      return g.reshapeLike(inner, x);
    },
    null,
    () => {
      const [x, pads, value] = inputs;
      const outside = g.emit(operators.Pad, [
        g.zerosLike(x),
        pads,
        g.constant(1, x.dtype),
        given(inputs, 3) ?? null,
      ]);
      return g.reshapeLike(g.reduceSum(g.mul(dy, g.reshapeLike(outside, dy))), value);
    },
  ],
  cases: [
    { inputs: [["N", 3], { ints: [0, 1, 0, 2] }] },
    { inputs: [["N", 3], { ints: [1, 0, 0, 2] }] },
    { inputs: [["N", 3], { ints: [1, 2] }, null, { ints: [-1] }] },
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
    { inputs: [["N", 5]], attributes: { axis: -1, num_outputs: 2 } },
  ],
});

export const Tile = defineOp(operators.Tile, {
  grad: ({ dy, g, inputs: [x, repeats] }) => [
    () => {
      // [a·n, b·m] as [a, n, b, m], summed over the repeats.
      const times = repeats.content;
      if (times === null)
        throw new UnwrittenRule("no rule is written for repeats that depend on the data");
      const parted = g.emit(operators.Reshape, [dy, interleaved(g, repeats, x)]);
      const axes = x.shape.map((_, axis) => 2 * axis);
      return g.reshapeLike(g.reduceSum(parted, { axes }), x);
    },
  ],
  cases: [{ inputs: [["N", 3], { ints: [2, 3] }] }, { inputs: [[4], { ints: [1] }] }],
});

/** [a₀, b₀, a₁, b₁, …] of the repeats and the sizes of `x`. */
function interleaved(g: Graph, repeats: Value, x: Value): Value {
  const both = g.concat([g.unsqueeze(repeats, [1]), g.unsqueeze(g.shapeOf(x), [1])], 1);
  return g.reshape(both, [2 * x.shape.length]);
}

export const Trilu = defineOp(operators.Trilu, {
  grad: ({ dy, g, inputs, attributes: { upper } }) => [
    () => g.emit(operators.Trilu, [dy, given(inputs, 1) ?? null], { upper }),
  ],
  cases: [
    { inputs: [["N", 3, 4]] },
    { inputs: [["N", 3, 4], { int: 1 }], attributes: { upper: 0 } },
  ],
});

export const ReverseSequence = defineOp(operators.ReverseSequence, {
  grad: ({ dy, g, inputs: [, lengths], attributes }) => [
    () => g.emit(operators.ReverseSequence, [dy, lengths], attributes),
  ],
  cases: [{ inputs: [[4, 3, 2], { ints: [4, 2, 3] }] }],
});

export const DepthToSpace = defineOp(operators.DepthToSpace, {
  grad: ({ dy, g, inputs: [x], attributes: { blocksize, mode } }) => [
    () => {
      const [batch, channels, height, width] = x.shape;
      const depth = Number(channels) / (blocksize * blocksize);
      const parted = g.reshape(dy, [
        batch ?? 1,
        depth,
        height ?? 1,
        blocksize,
        width ?? 1,
        blocksize,
      ]);
      const order = mode === "CRD" ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
      return g.reshapeLike(g.transpose(parted, order), x);
    },
  ],
  cases: [
    { inputs: [["N", 8, 2, 3]], attributes: { blocksize: 2 } },
    { inputs: [["N", 8, 2, 3]], attributes: { blocksize: 2, mode: "CRD" } },
  ],
});

export const SpaceToDepth = defineOp(operators.SpaceToDepth, {
  grad: ({ dy, g, attributes: { blocksize } }) => [
    () => g.emit(operators.DepthToSpace, [dy], { blocksize }),
  ],
  cases: [{ inputs: [["N", 2, 4, 6]], attributes: { blocksize: 2 } }],
});

/** Beyond any size. */
const TO_THE_END = Number.MAX_SAFE_INTEGER;

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
    slice(x, axis, start, end = TO_THE_END) {
      const bounds = [start, end, axisOf(axis, x.shape.length)];
      return g.emit(Slice, [x, ...bounds.map((bound) => vector([bound]))]);
    },
    split: (x, axis, lengths) =>
      g.emitAll(Split, [x, vector(lengths)], { axis: axisOf(axis, x.shape.length) }),
    pad: (x, before, after) => g.emit(Pad, [x, vector([...before, ...after])]),
  };
}
