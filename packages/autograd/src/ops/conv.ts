import { dimAt, operators, sizeAt, windowsOf } from "@groundswell/onnx";
import type { AttributesOf, Window } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

export interface ConvOptions {
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  /** Before each axis, then after each. Default 0. */
  readonly pads?: readonly number[];
  readonly group?: number;
}

export interface ConvBuilders {
  /** x [N, channels, …], w [outputs, channels / group, …kernel], bias [outputs] */
  conv(x: Value, w: Value, bias?: Value | null, options?: ConvOptions): Value;
}

/** The attributes of a convolution with its padding worked out. */
function explicit(windows: readonly Window[], group: number) {
  return {
    strides: windows.map(({ stride }) => stride),
    dilations: windows.map(({ dilation }) => dilation),
    pads: [...windows.map(({ before }) => before), ...windows.map(({ after }) => after)],
    group,
  };
}

const kernelOf = (w: Value): number[] => w.shape.slice(2).map((_, i) => sizeAt(w.shape, i + 2));

/** [a, b, …] to [b, a, …] */
function swapped(g: Graph, x: Value): Value {
  const order = x.shape.map((_, axis) => axis);
  return g.transpose(x, [1, 0, ...order.slice(2)]);
}

/**
 * The slope of a convolution's kernel: every entry of the kernel meets the input at strides,
 * weighted by the slope of the output. That is a convolution again, in which batch and
 * channels change places and strides become dilations.
 */
function kernelSlope(
  g: Graph,
  { x, dy, w, group }: { x: Value; dy: Value; w: Value; group: number },
  windows: readonly Window[],
): Value {
  const batch = dimAt(x.shape, 0);
  const spatial = x.shape.slice(2);
  const perGroup = sizeAt(w.shape, 1);
  let images = swapped(g, x);
  if (group > 1) {
    // [N, group·perGroup, …] to [perGroup, group·N, …]: groups stay side by side.
    const parted = g.reshape(images, [group, perGroup, batch, ...spatial]);
    const order = parted.shape.map((_, axis) => axis);
    const together = g.transpose(parted, [1, 0, 2, ...order.slice(3)]);
    images = g.reshape(together, [perGroup, -1, ...spatial.map(Number)]);
  }
  const slopes = swapped(g, dy);
  const attributes = {
    strides: windows.map(({ dilation }) => dilation),
    dilations: windows.map(({ stride }) => stride),
    pads: [...windows.map(({ before }) => before), ...windows.map(({ after }) => after)],
    group,
  };
  // With strides that don't fill the input, the result reaches past the kernel.
  const [whole] = g.emitAll(operators.Conv, [images, slopes], attributes);
  const kernel = windows.reduce(
    (all, window, i) =>
      all.shape[i + 2] === window.kernel ? all : g.slice(all, i + 2, 0, window.kernel),
    whole ?? images,
  );
  return swapped(g, kernel);
}

/** Sum over everything but the channels. */
const channelSum = (g: Graph, dy: Value): Value =>
  g.reduceSum(dy, { axes: dy.shape.map((_, axis) => axis).filter((axis) => axis !== 1) });

export const Conv = defineOp(operators.Conv, {
  grad: ({ dy, g, inputs: [x, w], attributes }) => {
    const windows = windowsOf(x.shape, kernelOf(w), attributes);
    const { group } = attributes;
    return [
      () => {
        // Rows at the end that no window reached come back as zeros.
        const output_padding = windows.map((window, i) => {
          const { kernel, dilation, stride, before, after } = window;
          const reached =
            stride * (sizeAt(dy.shape, i + 2) - 1) + (kernel - 1) * dilation + 1 - before - after;
          return sizeAt(x.shape, i + 2) - reached;
        });
        return g.emit(operators.ConvTranspose, [dy, w], {
          ...explicit(windows, group),
          output_padding,
        });
      },
      () => kernelSlope(g, { x, dy, w, group }, windows),
      () => channelSum(g, dy),
    ];
  },
  cases: [
    {
      inputs: [
        ["N", 2, 5],
        [3, 2, 3],
      ],
    },
    { inputs: [["N", 2, 5, 4], [3, 2, 3, 2], [3]], attributes: { pads: [1, 0, 1, 1] } },
    {
      inputs: [
        ["N", 2, 6, 5],
        [3, 2, 3, 2],
      ],
      attributes: { strides: [2, 3], pads: [0, 1, 1, 0] },
    },
    {
      inputs: [
        ["N", 2, 7, 5],
        [2, 2, 2, 2],
      ],
      attributes: { dilations: [2, 1], strides: [2, 2] },
    },
    { inputs: [["N", 4, 5, 5], [6, 2, 3, 3], [6]], attributes: { group: 2, pads: [1, 1, 1, 1] } },
    {
      inputs: [
        ["N", 3, 4, 4],
        [3, 1, 3, 3],
      ],
      attributes: { group: 3, auto_pad: "SAME_UPPER", strides: [2, 2] },
    },
  ],
  check: "float32",
});

type TransposeAttributes = AttributesOf<typeof operators.ConvTranspose.attributes>;

/** The windows that the convolution behind a ConvTranspose slides over its output. */
function windowsBehind(y: Value, x: Value, w: Value, attributes: TransposeAttributes): Window[] {
  const { auto_pad, dilations, strides, pads, output_padding } = attributes;
  const kernel = kernelOf(w);
  return kernel.map((size, i) => {
    const stride = strides?.[i] ?? 1;
    const dilation = dilations?.[i] ?? 1;
    const extent = (size - 1) * dilation + 1;
    const extra = output_padding?.[i] ?? 0;
    const window = { kernel: size, stride, dilation };
    if (auto_pad === "NOTSET" && attributes.output_shape === null) {
      const before = pads?.[i] ?? 0;
      return { ...window, before, after: (pads?.[i + kernel.length] ?? 0) - extra };
    }
    const reach = stride * (sizeAt(x.shape, i + 2) - 1) + extent + extra;
    const total = reach - sizeAt(y.shape, i + 2);
    const less = Math.floor(total / 2);
    const before = auto_pad === "SAME_UPPER" ? less : total - less;
    return { ...window, before, after: total - before - extra };
  });
}

/** Cuts off where padding is less than none: no entry of the input reaches there. */
const withoutMargins = (g: Graph, dy: Value, windows: readonly Window[]): Value =>
  windows.reduce((all, { before, after }, i) => {
    if (before >= 0 && after >= 0) return all;
    const end = sizeAt(dy.shape, i + 2) + Math.min(0, after);
    return g.slice(all, i + 2, Math.max(0, -before), end);
  }, dy);

export const ConvTranspose = defineOp(operators.ConvTranspose, {
  grad: ({ dy, y, g, inputs: [x, w], attributes }) => {
    const behind = windowsBehind(y, x, w, attributes);
    const windows = behind.map((window) => ({
      ...window,
      before: Math.max(0, window.before),
      after: Math.max(0, window.after),
    }));
    const { group } = attributes;
    const met = (): Value => withoutMargins(g, dy, behind);
    return [
      () => g.emit(operators.Conv, [met(), w], explicit(windows, group)),
      // Of the convolution that it undoes, whose input is `dy` and whose slope is `x`.
      () => kernelSlope(g, { x: met(), dy: x, w, group }, windows),
      () => channelSum(g, dy),
    ];
  },
  cases: [
    {
      inputs: [
        ["N", 2, 4],
        [2, 3, 3],
      ],
    },
    {
      inputs: [["N", 2, 3, 4], [2, 3, 3, 2], [3]],
      attributes: { strides: [2, 2], pads: [1, 0, 1, 1] },
    },
    {
      inputs: [
        ["N", 4, 3, 3],
        [4, 2, 2, 2],
      ],
      attributes: { group: 2, dilations: [2, 1] },
    },
    {
      inputs: [["N", 2, 3, 4], [2, 3, 2, 2], [3]],
      attributes: { strides: [2, 3], output_padding: [1, 2], pads: [0, 1, 0, 1] },
    },
  ],
  check: "float32",
});

export function builders(g: Graph): ConvBuilders {
  return {
    conv: (x, w, bias = null, options = {}) =>
      g.emit(Conv, bias === null ? [x, w] : [x, w, bias], {
        strides: options.strides ?? null,
        dilations: options.dilations ?? null,
        pads: options.pads ?? null,
        group: options.group ?? 1,
      }),
  };
}
