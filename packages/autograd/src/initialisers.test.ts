import { expect, test } from "vitest";

import { he, normal, uniform, xavier, zeros } from "./initialisers.ts";
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
