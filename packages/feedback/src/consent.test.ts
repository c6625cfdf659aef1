import { CONSENT_EVENT } from "@groundswell/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";

import { inForce, preferencesOf } from "./consent.ts";

const anyDecision = fc.record({
  granted: fc.boolean(),
  decidedAt: fc.integer({ min: 0, max: 3 }).map((ms) => new Date(ms)),
});

test("which decision is in force depends on all of them, not on their order or number", () => {
  fc.assert(
    fc.property(
      fc
        .array(anyDecision, { minLength: 1, maxLength: 8 })
        .chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 }),
          ),
        ),
      ([all, shuffled]) => {
        expect(shuffled.reduce(inForce)).toEqual(all.reduce(inForce));
        const last = Math.max(...all.map((one) => one.decidedAt.getTime()));
        const latest = all.filter((one) => one.decidedAt.getTime() === last);
        expect(all.reduce(inForce).granted).toBe(latest.every((one) => one.granted));
      },
    ),
  );
});

const track = (context: object, event = "Opened") =>
  preferencesOf({ type: "track", event, context: context as Record<string, unknown> });
const segment = (categoryPreferences: unknown) => ({ consent: { categoryPreferences } });

test("Segment's and RudderStack's words are understood, for our purposes alone", () => {
  expect(track(segment({ model_training: true, Advertising: true }))).toEqual({
    model_training: true,
  });
  expect(track(segment({ model_training: false, analytics: true }))).toEqual({
    model_training: false,
    analytics: true,
  });
  expect(
    track({
      consentManagement: {
        allowedConsentIds: ["model_training", "analytics"],
        deniedConsentIds: ["model_training"],
      },
    }),
  ).toEqual({ model_training: false, analytics: true });
});

test("nothing said, or nothing understood, is nothing", () => {
  for (const context of [
    {},
    segment({}),
    segment(null),
    segment([true]),
    segment({ model_training: "yes" }),
    { consent: true },
    { consentManagement: { allowedConsentIds: "model_training" } },
  ])
    expect(track(context)).toEqual({});
  expect(preferencesOf({ type: "page" })).toEqual({});
});

test("an empty change of mind means no to all", () => {
  const no = { model_training: false, analytics: false, personalisation: false };
  expect(track(segment({}), CONSENT_EVENT)).toEqual(no);
  expect(track(segment({ model_training: true }), CONSENT_EVENT)).toEqual({ model_training: true });
});
