import { expect, test } from "vitest";

import { accuracySeries, spread } from "./accuracy-series.ts";

test("the curve becomes columns in per cent", () => {
  const accuracy = { value: 0.5, low: 0.25, high: 0.75, n: 40 };
  expect(accuracySeries([{ n: 40, accuracy }])).toEqual([[40], [25], [75], [50]]);
  expect(accuracySeries([])).toEqual([[], [], [], []]);
});

test("a long curve is thinned, its ends stay", () => {
  const rows = Array.from({ length: 60 }, (_, i) => i);
  const some = spread(rows, 12);
  expect(some).toHaveLength(12);
  expect([some[0], some.at(-1)]).toEqual([0, 59]);
  expect(spread([1, 2], 12)).toEqual([1, 2]);
});
