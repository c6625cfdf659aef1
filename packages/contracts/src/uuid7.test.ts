import { expect, test } from "vitest";
import { z } from "zod";

import { uuid7Generator, uuid7Time } from "./uuid7.ts";

test("an id is a UUID of version 7 and holds its time", () => {
  const at = Date.UTC(2026, 10, 25, 3, 4, 5, 678);
  const id = uuid7Generator(() => at)();
  expect(z.uuidv7().safeParse(id).success).toBe(true);
  expect(uuid7Time(id)).toBe(at);
});

test("ids grow within a millisecond, past its 4,096, and when the clock goes back", () => {
  let now = 1_000;
  const next = uuid7Generator(() => now);
  const ids = Array.from({ length: 10_000 }, () => next());
  now = 500;
  ids.push(next());
  now = 2_000;
  ids.push(next());
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(uuid7Time(ids.at(-1) ?? "")).toBe(2_000);
});
