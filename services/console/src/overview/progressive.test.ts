import { wilson } from "@groundswell/models";
import fc from "fast-check";
import { expect, test } from "vitest";

import { follow, NOTHING_SCORED, progressiveAccuracy } from "./progressive.ts";

const along = (outcomes: string) => progressiveAccuracy(follow(NOTHING_SCORED, outcomes));

test("nothing scored: nothing said", () => {
  expect(along("")).toEqual({ progressive: null, progressive_curve: [] });
});

test("every point is the accuracy of the 500 before it; the last is the present one", () => {
  const outcome = fc.constantFrom("0", "1");
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 3_000 }), (list) => {
      const { progressive, progressive_curve: curve } = along(list.join(""));
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
  const places = (n: number) => along("1".repeat(n)).progressive_curve.map((point) => point.n);
  expect(places(35)).toEqual([10, 20, 30, 35]);
  expect(places(590).slice(0, 3)).toEqual([10, 20, 30]);
  expect(places(600).slice(0, 3)).toEqual([20, 40, 60]);
  expect(places(1_200).slice(0, 3)).toEqual([40, 80, 120]);
});

test("in whatever pieces it comes, and what is kept of it does not grow", () => {
  const outcomes = fc.string({ unit: fc.constantFrom("0", "1"), maxLength: 2_000 });
  fc.assert(
    fc.property(fc.array(outcomes, { maxLength: 8 }), (pieces) => {
      const kept = pieces.reduce(follow, NOTHING_SCORED);
      expect(progressiveAccuracy(kept)).toEqual(along(pieces.join("")));
      expect(kept.tail.length).toBeLessThanOrEqual(500);
      expect(kept.points.length).toBeLessThanOrEqual(60);
    }),
    { numRuns: 50 },
  );
});
