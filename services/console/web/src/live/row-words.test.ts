import { expect, test } from "vitest";

import { after, taught, userDid } from "./row-words.ts";

const feedback = {
  value: true,
  correction: null,
  state: "learned" as const,
  reason: null,
  learned_after_ms: 41,
};

test("what the user did", () => {
  const did = (change: Partial<typeof feedback> | { value: unknown; correction?: string }) =>
    userDid({ label: "7", feedback: { ...feedback, ...change } as typeof feedback }).text;
  expect(userDid({ label: "7", feedback: null }).text).toBe("nothing yet");
  expect(did({})).toBe("✓ right");
  expect(did({ value: false })).toBe("✗ wrong");
  expect(did({ value: false, correction: "9" })).toBe("✎ corrected to 9");
  expect(did({ value: true, correction: "7" })).toBe("✓ right");
  expect(did({ value: 4 })).toBe("said 4");
});

test("whether it taught, and why not", () => {
  expect(taught({ feedback: null }).text).toBe("–");
  expect(taught({ feedback }).text).toBe("✓ yes");
  expect(taught({ feedback: { ...feedback, state: "joined" } }).text).toBe("… next step");
  expect(taught({ feedback: { ...feedback, state: "waiting" } }).text).toBe("… waiting");
  expect(taught({ feedback: { ...feedback, state: "kept_out", reason: "no_consent" } }).text).toBe(
    "✗ no: never agreed",
  );
  expect(after({ feedback })).toBe("41 ms");
  expect(after({ feedback: { ...feedback, learned_after_ms: null } })).toBe("–");
});
