import fc from "fast-check";
import { expect, test } from "vitest";

import { PassError } from "../errors.ts";
import { sizeOf } from "../tensor.ts";
import { quantizeWeight, transposed } from "./quantized-weight.ts";
import { constantOf, loaded } from "./stored.ts";

const weights = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    fc.nat(),
    fc.constantFrom(127, 63),
  )
  .chain(([dims, axis, largest]) => {
    const length = sizeOf(dims);
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
      minLength: length,
      maxLength: length,
    });
    return values.map((numbers) => ({ dims, axis: axis % dims.length, largest, numbers }));
  });

test("each number is off by half of its channel's scale at most, and none overflows", () => {
  fc.assert(
    fc.property(weights, ({ dims, axis, largest, numbers }) => {
      const weight = constantOf("w", "float32", numbers, dims);
      const { data, scales } = quantizeWeight(weight, { axis, largest });
      const stride = sizeOf(dims.slice(axis + 1));
      expect(scales).toHaveLength(dims[axis]!);
      for (const [at, value] of numbers.entries()) {
        const scale = scales[Math.floor(at / stride) % dims[axis]!]!;
        const slack = Math.abs(value) * 1e-6;
        expect(Math.abs(data[at]! * scale - value)).toBeLessThanOrEqual(scale / 2 + slack);
        expect(Math.abs(data[at]!)).toBeLessThanOrEqual(largest);
      }
    }),
  );
});

test("a weight that isn't finite is refused by name", () => {
  for (const bad of [Number.NaN, Infinity]) {
    const weight = constantOf("layer.w", "float32", [1, bad], [1, 2]);
    const quantize = (): unknown => quantizeWeight(weight, { axis: 1, largest: 127 });
    expect(quantize).toThrow(PassError);
    expect(quantize).toThrow(/layer\.w/);
  }
});

test("a matrix is turned, and turned back", () => {
  const matrix = constantOf("w", "float32", [1, 2, 3, 4, 5, 6], [2, 3]);
  expect(transposed(matrix).dims).toEqual([3, 2]);
  expect([...loaded(transposed(matrix)).data]).toEqual([1, 4, 2, 5, 3, 6]);
  expect(transposed(transposed(matrix))).toEqual(matrix);
});
