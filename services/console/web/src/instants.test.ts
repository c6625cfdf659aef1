import { expect, test } from "vitest";

import { ago, clockTime, fullTime } from "./instants.ts";

const at = new Date("2026-11-25T01:46:03.512Z");

test("a time is shown on the reader's clock, its title names the zone", () => {
  expect(clockTime(at, "Europe/Berlin")).toBe("02:46:03");
  expect(fullTime(at, "Europe/Berlin")).toBe("25 Nov 2026, 02:46:03 GMT+1 (Europe/Berlin)");
});

test("ages round down from minutes on; a clock that runs ahead is no future", () => {
  const after = (ms: number) => ago(at, new Date(at.getTime() + ms));
  expect([-5_000, 41_400, 119_000, 7_300_000, 260_000_000].map(after)).toEqual([
    "just now",
    "41 s ago",
    "1 min ago",
    "2 h ago",
    "3 d ago",
  ]);
});
