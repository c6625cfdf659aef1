import fc from "fast-check";
import { expect, test } from "vitest";

import { bytes, count, duration, interval, latency, percent, points, rate } from "./measures.ts";

test("rates below ten have a digit", () => {
  expect([0, 0.04, 9.31, 9.96, 214.4, 12_345].map(rate)).toEqual([
    "0",
    "0.0",
    "9.3",
    "10",
    "214",
    "12,345",
  ]);
});

test("a share that is not quite all is never shown as all", () => {
  expect([0, 0.0004, 0.881, 0.9996, 1].map(percent)).toEqual([
    "0.0",
    "< 0.1",
    "88.1",
    "> 99.9",
    "100.0",
  ]);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
      expect(percent(share) === "100.0").toBe(share === 1);
      expect(percent(share) === "0.0").toBe(share === 0);
    }),
  );
});

test("differences carry their sign, and none where they round to nothing", () => {
  expect([0.034, -0.002, 0.0001, -0.0001].map(points)).toEqual(["+3.4", "−0.2", "0.0", "0.0"]);
  expect(interval({ low: 0.798, high: 0.862 })).toBe("79.8–86.2 %");
});

test("times take the unit that suits them", () => {
  expect([0.82, 41.2, 999.6, 1_240].map(latency)).toEqual(["0.8 ms", "41 ms", "1.0 s", "1.2 s"]);
  expect([2_600, 59_700, 200_000, 7_500_000, 273_600_000].map(duration)).toEqual([
    "2.6 s",
    "1 min 00 s",
    "3 min 20 s",
    "2 h 05 min",
    "3 d 4 h",
  ]);
});

test("counts and sizes", () => {
  expect(count(5214)).toBe("5,214");
  expect([0, 999, 1_000, 3_400_000].map(bytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "3.4 MB",
  ]);
});
