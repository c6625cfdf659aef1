import { expect, test } from "vitest";

import { promotable, standing } from "./version-words.ts";

const version = { aliases: [] as string[], status: "passed" as const, gate: null };

test("the champion is marked, whatever its status; others say where they stand", () => {
  expect(standing({ ...version, aliases: ["champion"] })?.text).toBe("champion");
  expect(standing(version)?.text).toBe("passed its gate");
  expect(standing({ ...version, status: "refused" })?.text).toBe("refused");
  expect(standing({ ...version, status: "ready" })).toBeNull();
});

test("only what a gate let through, and is not the champion, can be promoted", () => {
  expect(promotable(version)).toBe(true);
  expect(promotable({ ...version, status: "ready" })).toBe(true);
  expect(promotable({ ...version, aliases: ["champion"] })).toBe(false);
  expect(promotable({ ...version, status: "refused" })).toBe(false);
  expect(promotable({ ...version, status: "candidate" })).toBe(false);
});
