import { wilson } from "@groundswell/models";
import fc from "fast-check";
import { expect, test } from "vitest";

import { progressiveAccuracy } from "./progressive.ts";

test("nothing scored: nothing said", () => {
  expect(progressiveAccuracy("")).toEqual({ progressive: null, progressive_curve: [] });
});

test("every point is the accuracy of the 500 before it; the last is the present one", () => {
  const outcome = fc.constantFrom("0", "1");
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 3_000 }), (list) => {
      const outcomes = list.join("");
      const { progressive, progressive_curve: curve } = progressiveAccuracy(outcomes);
      expect(curve.length).toBeLessThanOrEqual(60);
      expect(curve.at(-1)).toEqual({ n: list.length, accuracy: progressive });
      for (const { n, accuracy } of curve) {
        const window = list.slice(Math.max(0, n - 500), n);
        const right = window.filter((one) => one === "1").length;
        expect(accuracy).toEqual(wilson(right, window.length));
      }
      const places = curve.map(({ n }) => n);
      expect(places).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    }),
    { numRuns: 50 },
  );
});

test("points stay where they are while the stream grows, until they get too many", () => {
  const places = (n: number) =>
    progressiveAccuracy("1".repeat(n)).progressive_curve.map((point) => point.n);
  expect(places(35)).toEqual([10, 20, 30, 35]);
  expect(places(590).slice(0, 3)).toEqual([10, 20, 30]);
  expect(places(600).slice(0, 3)).toEqual([20, 40, 60]);
  expect(places(1_000_000)).toHaveLength(50);
});
