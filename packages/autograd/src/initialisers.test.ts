import { expect, test } from "vitest";

import {
  he,
  heUniform,
  lecun,
  normal,
  orthogonal,
  truncatedNormal,
  uniform,
  xavier,
  zeros,
} from "./initialisers.ts";
import { randomStream } from "./random.ts";

const stream = randomStream(3);

const spread = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

test("he and xavier scale with the layer", () => {
  expect(spread(he([200, 100], stream, 0)) / Math.sqrt(2 / 200)).toBeCloseTo(1, 1);
  expect(spread(xavier([200, 100], stream, 0)) / Math.sqrt(2 / 300)).toBeCloseTo(1, 1);
  expect(() => he([3], stream, 0)).toThrow(RangeError);
});

test("normal, uniform and zeros do what they say", () => {
  expect(spread(normal(0.1)([50, 80], stream, 0)) / 0.1).toBeCloseTo(1, 1);
  const flat = uniform(0.5)([1000], stream, 0);
  expect(Math.max(...flat)).toBeLessThanOrEqual(0.5);
  expect(Math.min(...flat)).toBeLessThan(-0.45);
  expect([...zeros([2, 2], stream, 0)]).toEqual([0, 0, 0, 0]);
});

test("the same seed and place give the same values, another place gives others", () => {
  expect(he([4, 3], randomStream(3), 1)).toEqual(he([4, 3], stream, 1));
  expect(he([4, 3], stream, 2)).not.toEqual(he([4, 3], stream, 1));
});

test("kernels count what they connect", () => {
  expect(spread(he([40, 20, 3, 3], stream, 0)) / Math.sqrt(2 / 180)).toBeCloseTo(1, 1);
  expect(spread(heUniform([40, 20, 3, 3], stream, 0)) / Math.sqrt(2 / 180)).toBeCloseTo(1, 1);
  expect(spread(lecun([50, 100], stream, 0)) / Math.sqrt(1 / 50)).toBeCloseTo(1, 1);
});

test("a truncated normal stays within two deviations", () => {
  const values = truncatedNormal(0.1)([5000], stream, 0);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.2000001);
  // The deviation of a normal cut at two is 0.8796.
  expect(spread(values) / 0.08796).toBeCloseTo(1, 1);
});

test.each([
  [4, 9],
  [9, 4],
])("orthogonal weights [%i, %i] stand at right angles", (rows, columns) => {
  const w = orthogonal(2)([rows, columns], stream, 0);
  const short = Math.min(rows, columns);
  const at = (i: number, k: number): number =>
    (rows <= columns ? w[i * columns + k] : w[k * columns + i]) ?? 0;
  for (let i = 0; i < short; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k < Math.max(rows, columns); k++) product += at(i, k) * at(j, k);
      expect(product).toBeCloseTo(i === j ? 4 : 0, 5);
    }
  }
});
