import { dimAt, floorQuotient, plus, showShape, sizeAt, type Shape } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim } from "../model.ts";
import { int, ints, string, type ShapeSite } from "./operator.ts";

/** Attributes of everything that slides a window over the axes after the first two. */
const WINDOW = {
  auto_pad: string("NOTSET"),
  dilations: ints(null),
  kernel_shape: ints(null),
  pads: ints(null),
  strides: ints(null),
};

export const CONV = { ...WINDOW, group: int(1) };

export const POOL = { ...WINDOW, ceil_mode: int(0) };

interface WindowAttributes {
  readonly auto_pad: string;
  readonly dilations: readonly number[] | null;
  readonly pads: readonly number[] | null;
  readonly strides: readonly number[] | null;
}

/** A window over one axis. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Entries added before and after the axis. */
  readonly before: number;
  readonly after: number;
}

/** How far a window reaches. */
const extent = ({ kernel, dilation }: Pick<Window, "kernel" | "dilation">): number =>
  (kernel - 1) * dilation + 1;

/**
 * The windows over the axes after the first two, with automatic padding worked out.
 * @throws ShapeError where padding depends on a size that isn't known
 */
export function windowsOf(
  x: Shape,
  kernels: readonly number[],
  { auto_pad, dilations, pads, strides }: WindowAttributes,
): Window[] {
  const axes = kernels.length;
  if (x.length !== axes + 2) throw new ShapeError(`A window of ${axes} axes over ${x.length}`);
  return kernels.map((kernel, i) => {
    const stride = strides?.[i] ?? 1;
    const dilation = dilations?.[i] ?? 1;
    if (auto_pad === "NOTSET") {
      const [before, after] = [pads?.[i] ?? 0, pads?.[i + axes] ?? 0];
      return { kernel, stride, dilation, before, after };
    }
    if (auto_pad === "VALID") return { kernel, stride, dilation, before: 0, after: 0 };
    const size = dimAt(x, i + 2);
    if (typeof size === "string" && stride !== 1) {
      throw new UndecidedShape(`${auto_pad} needs to know the size of axis ${i + 2}`);
    }
    const steps = typeof size === "string" ? 0 : Math.ceil(size / stride) - 1;
    const covered = typeof size === "string" ? 1 : size;
    const total = Math.max(0, steps * stride + extent({ kernel, dilation }) - covered);
    const less = Math.floor(total / 2);
    const [before, after] = auto_pad === "SAME_UPPER" ? [less, total - less] : [total - less, less];
    return { kernel, stride, dilation, before, after };
  });
}

export const kernelOf = (w: Shape): number[] => w.slice(2).map((_, i) => sizeAt(w, i + 2));

/** x [N, channels, …] convolved with w [outputs, channels / group, …kernel]. */
export function convolvedShape(
  x: Shape,
  w: Shape,
  { attributes, unknown }: Pick<ShapeSite<typeof CONV>, "attributes" | "unknown">,
): Shape {
  const kernel = kernelOf(w);
  const channels = dimAt(x, 1);
  if (typeof channels === "number" && channels !== sizeAt(w, 1) * attributes.group) {
    throw new ShapeError(`${channels} channels for the kernel ${showShape(w)}`);
  }
  const windows = windowsOf(x, kernel, attributes);
  return [dimAt(x, 0), dimAt(w, 0), ...slidOver(x, windows, unknown)];
}

/** Sizes after windows slid over `x`'s axes. */
export function slidOver(
  x: Shape,
  windows: readonly Window[],
  unknown: () => Dim,
  ceil = false,
): Dim[] {
  return windows.map((window, i) => {
    const size = dimAt(x, i + 2);
    const { stride, before, after } = window;
    const lost = extent(window) - before - after - 1;
    if (typeof size === "string") {
      if (ceil && stride > 1) return unknown();
      return plus(floorQuotient(plus(size, -1 - lost), stride), 1);
    }
    const steps = (size - 1 - lost) / stride;
    const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // With rounding up, a window that begins in the padding after the axis doesn't count.
    const fits = ceil && (out - 1) * stride >= size + before ? out - 1 : out;
    if (fits < 0 || extent(window) > size + before + after) {
      throw new ShapeError(`A window of ${extent(window)} doesn't fit axis ${i + 2} of ${size}`);
    }
    return fits;
  });
}
