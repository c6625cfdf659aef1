import { expect, test } from "vitest";

import { normalQuantile, philox, randomStream } from "./random.ts";

// Known answers of the authors' Random123 library for philox4x32-10 (kat_vectors).
test.each([
  {
    counter: [0, 0, 0, 0],
    key: [0, 0] as const,
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff] as const,
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0] as const,
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
])("philox agrees with the authors' library for key $key", ({ counter, key, words }) => {
  const block = Uint32Array.from(counter);
  const [key0, key1] = key;
  philox(block, key0, key1);
  expect([...block]).toEqual(words);
});

test("a draw is a function of its coordinates, whatever was drawn before", () => {
  const stream = randomStream(2 ** 40 + 3);
  const first = stream.normal(5, 2 ** 40, 7);
  for (let k = 0; k < 10; k++) stream.bits(k, 3, 2 ** 47);
  expect(stream.normal(5, 2 ** 40, 7)).toBe(first);
  expect(randomStream(2 ** 40 + 3).normal(5, 2 ** 40, 7)).toBe(first);
});

test("each coordinate, and each half of it, changes the draw", () => {
  const draws = [
    randomStream(1).bits(0),
    randomStream(1 + 2 ** 32).bits(0),
    randomStream(1).bits(1),
    randomStream(1).bits(4),
    randomStream(1).bits(0, 1),
    randomStream(1).bits(0, 2 ** 32),
    randomStream(1).bits(0, 0, 1),
    randomStream(1).bits(0, 0, 2 ** 32),
  ];
  expect(new Set(draws).size).toBe(draws.length);
});

test("coordinates out of range are refused", () => {
  expect(() => randomStream(-1)).toThrow(RangeError);
  expect(() => randomStream(1).bits(2 ** 32)).toThrow(RangeError);
  expect(() => randomStream(1).bits(0, 2 ** 48)).toThrow(RangeError);
  expect(() => randomStream(1).bits(0, 0.5)).toThrow(RangeError);
});

test.each([
  [0.5, 0],
  [0.975, 1.959963985],
  [0.001, -3.090232306],
  [1e-10, -6.361340902],
  [1e-15, -7.941345326],
])("the normal quantile of %s is %s", (p, x) => {
  expect(normalQuantile(p)).toBeCloseTo(x, 6);
});

test("normal draws have mean 0 and variance 1, uniform ones fill their range", () => {
  const stream = randomStream(11);
  const count = 40_000;
  let [sum, squares, low] = [0, 0, 0];
  for (let k = 0; k < count; k++) {
    const x = stream.normal(k);
    sum += x;
    squares += x * x;
    if (stream.below(10, k, 1) < 3) low += 1;
  }
  // Five standard errors.
  expect(Math.abs(sum / count)).toBeLessThan(5 / Math.sqrt(count));
  expect(Math.abs(squares / count - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(count));
  expect(Math.abs(low / count - 0.3)).toBeLessThan((5 * Math.sqrt(0.21)) / Math.sqrt(count));
});
