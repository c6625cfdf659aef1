import { axisOf, dimAt, floorQuotient, plus } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import { defineOperator, dtype, given, int, type Known } from "./operator.ts";

/** What a scalar holds; undefined where the node leaves it out, a new name where it isn't known. */
function scalarAt(
  inputs: readonly (Known | undefined)[],
  index: number,
  unknown: () => Dim,
): Dim | undefined {
  const input = given(inputs, index);
  return input && (input.content?.[0] ?? unknown());
}

/** How many frequencies there are; half of them say all of a real signal. */
const frequencies = (length: Dim, onesided: boolean): Dim =>
  onesided ? plus(floorQuotient(length, 2), 1) : length;

/**
 * Signals [batch, …, 1 for real and 2 for complex numbers], along `axis`, which is the third
 * input: by default the last before that of the parts.
 */
export const DFT = defineOperator({
  name: "DFT",
  attributes: { inverse: int(0), onesided: int(0) },
  shape: ([x], { inputs, attributes: { inverse, onesided }, unknown }) => {
    const given = scalarAt(inputs, 2, unknown) ?? -2;
    const length = scalarAt(inputs, 1, unknown);
    if (typeof given === "string") return [...x.slice(0, -1).map(unknown), unknown()];
    const axis = axisOf(given, x.length);
    const size = length ?? dimAt(x, axis);
    // The inverse of a one-sided transform is told the length, or takes it to be even.
    if (onesided === 1 && inverse === 1) {
      const whole = length ?? plus(plus(size, size), -2);
      return x.with(axis, whole).with(-1, 1);
    }
    return x.with(axis, frequencies(size, onesided === 1)).with(-1, 2);
  },
});

/** Signals [batch, length, 1 or 2] in frames: [batch, frames, frequencies, 2]. */
export const STFT = defineOperator({
  name: "STFT",
  attributes: { onesided: int(1) },
  shape: ([x, , window], { inputs, attributes: { onesided }, unknown }) => {
    const step = scalarAt(inputs, 1, unknown) ?? unknown();
    const frame = scalarAt(inputs, 3, unknown) ?? (window && dimAt(window, 0));
    if (frame === undefined) throw new ShapeError("Needs a window or the length of a frame");
    const frames = plus(floorQuotient(plus(dimAt(x, 1), frame, -1), step), 1);
    return [dimAt(x, 0), frames, frequencies(frame, onesided === 1), 2];
  },
});

const windowFunction = (name: string) =>
  defineOperator({
    name,
    attributes: { output_datatype: dtype("float32"), periodic: int(1) },
    shape: (_, { inputs, unknown }) => [scalarAt(inputs, 0, unknown) ?? unknown()],
    dtype: ({ attributes }) => attributes.output_datatype,
  });

export const BlackmanWindow = windowFunction("BlackmanWindow");
export const HammingWindow = windowFunction("HammingWindow");
export const HannWindow = windowFunction("HannWindow");

/** From the frequencies of a transform of `dft_length` to bands of equal width to the ear. */
export const MelWeightMatrix = defineOperator({
  name: "MelWeightMatrix",
  attributes: { output_datatype: dtype("float32") },
  shape: (_, { inputs, unknown }) => {
    const bands = scalarAt(inputs, 0, unknown) ?? unknown();
    return [frequencies(scalarAt(inputs, 1, unknown) ?? unknown(), true), bands];
  },
  dtype: ({ attributes }) => attributes.output_datatype,
});
