import fc from "fast-check";
import { expect, test } from "vitest";

import { intervalScale } from "./interval-scale.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const proportion = fc.tuple(share, share, share).map((three) => {
  const [low = 0, value = 0, high = 0] = three.toSorted((a, b) => a - b);
  return { low, value, high, n: 10 };
});

test("every interval lies on the axis, in its order", () => {
  fc.assert(
    fc.property(fc.array(proportion), (accuracies) => {
      const { place, low, high } = intervalScale([...accuracies, null]);
      expect(low).toBeLessThan(high);
      for (const one of accuracies) {
        const places = [place(one.low), place(one.value), place(one.high)];
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...places)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("with nothing examined, the axis is the whole range", () => {
  expect(intervalScale([null])).toMatchObject({ low: 0, high: 1 });
});
