import fc from "fast-check";
import { expect, test } from "vitest";

import { emptyChange, foldEvent, foldFeedback } from "./profile.ts";

const T0 = Date.parse("2026-11-01T00:00:00Z");
const anyEvent = fc.record({
  occurredAt: fc.integer({ min: 0, max: 3 }).map((s) => new Date(T0 + s * 1_000)),
  messageKey: fc.uuid(),
  traits: fc.dictionary(fc.constantFrom("plan", "name", "age"), fc.integer(), { maxKeys: 3 }),
});

test("folding events gives the same in every order", () => {
  fc.assert(
    fc.property(
      fc
        .uniqueArray(anyEvent, {
          selector: (event) => event.messageKey,
          minLength: 1,
          maxLength: 8,
        })
        .chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
      ([all, shuffled]) => {
        const fold = (events: typeof all) =>
          events.reduce(foldEvent, emptyChange("p", "s", new Date(T0 + 1_500)));
        expect(fold(shuffled)).toEqual(fold(all));
        expect(fold(all).events).toBe(all.length);
      },
    ),
  );
});

test("feedback counts, and the first and the last time that somebody was seen", () => {
  const seen = new Date(T0);
  const later = new Date(T0 + 60_000);
  const change = foldFeedback(
    foldFeedback(emptyChange("p", "s", seen), { occurredAt: later, positive: true }),
    { occurredAt: seen, positive: false },
  );
  expect(change).toMatchObject({
    feedback: 2,
    positive: 1,
    events: 0,
    firstSeenAt: seen,
    lastSeenAt: later,
  });
});
