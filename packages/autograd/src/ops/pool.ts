import { dimAt, isStatic, operators, product, sizeAt, windowsOf } from "@groundswell/onnx";
import type { Window } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

export interface PoolOptions {
  /** Default: as large as the kernel. */
  readonly strides?: readonly number[];
  /** Before each axis, then after each. Default 0. */
  readonly pads?: readonly number[];
}

export interface PoolBuilders {
  /** The greatest of each window over the axes after the first two. */
  maxPool(x: Value, kernel: readonly number[], options?: PoolOptions): Value;
  averagePool(x: Value, kernel: readonly number[], options?: PoolOptions): Value;
  /** Means over all axes after the first two: [N, channels]. */
  globalAveragePool(x: Value): Value;
}

const poolCases = [
  { inputs: [["N", 2, 6]], attributes: { kernel_shape: [2], strides: [2] } },
  { inputs: [["N", 2, 5, 6]], attributes: { kernel_shape: [3, 2], strides: [1, 2] } },
  {
    inputs: [["N", 1, 5, 5]],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  },
] as const;

export const MaxPool = defineOp(operators.MaxPool, {
  grad: ({ dy, g, inputs: [x], outputs, attributes }) => [
    () => {
      // Places that the node counts by columns are of no use here.
      const [, from] =
        attributes.storage_order === 0
          ? outputs
          : g.emitAll(operators.MaxPool, [x], { ...attributes, storage_order: 0 });
      if (from === undefined) throw new GraphError("MaxPool answers where its entries came from");
      // Windows may overlap: an entry that is the greatest of two gets both slopes.
      const flat = g.reshape(g.zerosLike(x), [product(x.shape)]);
      const places = g.unsqueeze(g.reshape(from, [product(from.shape)]), [1]);
      const slopes = g.reshape(dy, [product(dy.shape)]);
      return g.reshapeLike(g.scatterAdd(flat, places, slopes), x);
    },
  ],
  cases: [
    ...poolCases,
    { inputs: [["N", 1, 4, 5]], attributes: { kernel_shape: [2, 2], storage_order: 1 } },
  ],
  check: "float32",
});

/** The slope of an average, for windows whose share is `share` [1, 1, …] or one number. */
function spread(g: Graph, x: Value, dy: Value, windows: readonly Window[]): Value {
  const channels = sizeAt(x.shape, 1);
  const kernel = windows.map((window) => window.kernel);
  const ones = g.constant(
    Array.from({ length: channels * Number(product(kernel)) }, () => 1),
    x.dtype,
    [channels, 1, ...kernel],
  );
  const output_padding = windows.map((window, i) => {
    const { stride, dilation, before, after } = window;
    const reached = stride * (sizeAt(dy.shape, i + 2) - 1) + (window.kernel - 1) * dilation + 1;
    return sizeAt(x.shape, i + 2) - (reached - before - after);
  });
  return g.emit(operators.ConvTranspose, [dy, ones], {
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
    pads: [...windows.map(({ before }) => before), ...windows.map(({ after }) => after)],
    // Negative where the last window reached past the input: cut off below.
    output_padding: output_padding.map((more) => Math.max(0, more)),
    group: channels,
  });
}

/** How many entries each window averages over: of the input alone, or with its padding. */
function counted(
  x: Value,
  y: Value,
  windows: readonly Window[],
  withPadding: boolean,
): { readonly shape: number[]; readonly counts: number[] } {
  const shape = windows.map((_, i) => sizeAt(y.shape, i + 2));
  const perAxis = windows.map((window, i) => {
    const { kernel, stride, dilation, before, after } = window;
    const size = sizeAt(x.shape, i + 2);
    const [low, high] = withPadding ? [-before, size + after] : [0, size];
    return Array.from({ length: shape[i] ?? 0 }, (_, at) => {
      const places = Array.from({ length: kernel }, (__, k) => at * stride - before + k * dilation);
      return places.filter((place) => place >= low && place < high).length;
    });
  });
  const counts = perAxis.reduce<number[]>(
    (all, axis) => all.flatMap((count) => axis.map((one) => count * one)),
    [1],
  );
  return { shape, counts };
}

export const AveragePool = defineOp(operators.AveragePool, {
  grad: ({ dy, y, g, inputs: [x], attributes }) => [
    () => {
      const windows = windowsOf(x.shape, attributes.kernel_shape ?? [], attributes);
      const { shape, counts } = counted(x, y, windows, attributes.count_include_pad === 1);
      const [first = 1] = counts;
      const share = counts.every((count) => count === first)
        ? g.mul(dy, 1 / first)
        : g.div(dy, g.constant(counts, x.dtype, [1, 1, ...shape]));
      const whole = spread(g, x, share, windows);
      return windows.reduce(
        (all, _, i) =>
          all.shape[i + 2] === x.shape[i + 2]
            ? all
            : g.slice(all, i + 2, 0, sizeAt(x.shape, i + 2)),
        whole,
      );
    },
  ],
  cases: [
    ...poolCases,
    {
      inputs: [["N", 2, 5, 5]],
      attributes: {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        count_include_pad: 1,
      },
    },
  ],
  check: "float32",
});

export const LpPool = defineOp(operators.LpPool, {
  // y = (Σ|x|ᵖ)^(1/p), so dy/dx = sign(x)·|x|^(p−1) · y^(1−p).
  grad: ({ dy, y, g, inputs: [x], attributes }) => [
    () => {
      const { p } = attributes;
      const windows = windowsOf(x.shape, attributes.kernel_shape ?? [], attributes);
      const shared = spread(g, x, g.mul(dy, g.pow(y, 1 - p)), windows);
      return g.mul(g.mul(g.sign(x), g.pow(g.abs(x), p - 1)), shared);
    },
  ],
  cases: [
    { inputs: [["N", 2, 6]], attributes: { kernel_shape: [2], strides: [2] } },
    {
      inputs: [["N", 2, 4, 4]],
      attributes: { kernel_shape: [2, 2], strides: [1, 1], p: 3 },
    },
  ],
  check: "float32",
});

const insideAxes = (x: Value): number[] => x.shape.map((_, axis) => axis).slice(2);

export const GlobalAveragePool = defineOp(operators.GlobalAveragePool, {
  grad: ({ dy, g, inputs: [x] }) => [
    () => {
      const inside = x.shape.slice(2);
      if (!isStatic(inside)) throw new GraphError("Needs to know the sizes that it averages over");
      return g.expandLike(g.mul(dy, 1 / Number(product(inside))), x);
    },
  ],
  cases: [{ inputs: [["N", 2, 3, 4]] }, { inputs: [["N", 2, 5]] }],
  check: "float32",
});

export const GlobalMaxPool = defineOp(operators.GlobalMaxPool, {
  grad: ({ dy, y, g, inputs: [x] }) => [
    () => {
      const isMax = g.cast(g.equal(x, y), x.dtype);
      // Ties split the slope evenly: each of them was the max.
      const ties = g.reduceSum(isMax, { axes: insideAxes(x), keepDims: true });
      return g.mul(isMax, g.div(dy, ties));
    },
  ],
  cases: [{ inputs: [["N", 2, 3, 4]] }],
  check: "float32",
});

export function builders(g: Graph): PoolBuilders {
  const attributes = (kernel: readonly number[], { strides, pads }: PoolOptions) => ({
    kernel_shape: kernel,
    strides: strides ?? kernel,
    pads: pads ?? null,
  });
  return {
    maxPool: (x, kernel, options = {}) => g.emit(MaxPool, [x], attributes(kernel, options)),
    averagePool: (x, kernel, options = {}) => g.emit(AveragePool, [x], attributes(kernel, options)),
    globalAveragePool: (x) =>
      g.reshape(g.emit(GlobalAveragePool, [x]), [dimAt(x.shape, 0), dimAt(x.shape, 1)]),
  };
}
