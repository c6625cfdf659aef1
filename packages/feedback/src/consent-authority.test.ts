import fc from "fast-check";
import { expect, test } from "vitest";

import { decisionsOf } from "./clean-feedback.ts";
import { hearConsent, type Speaker } from "./consent-authority.ts";
import { readConsentToken, signConsentToken } from "./consent-token.ts";
import { inForce, UNDATED } from "./consent.ts";

const NOW = new Date("2026-11-27T12:00:00Z");
const later = (ms: number) => new Date(NOW.getTime() + ms);
const pseudonymKey = Buffer.alloc(32, 7);
const ann = "00000000-0000-4000-8000-000000000001";
const bob = "00000000-0000-4000-8000-000000000002";

const speaker = (more: Partial<Speaker> = {}): Speaker => ({
  key: { kind: "write", id: "k" },
  gpc: false,
  clientConsent: "item",
  pseudonymKey,
  receivedAt: NOW,
  ...more,
});
const secret = { key: { kind: "secret", id: "s" } } as const;
const yes = { model_training: true };
const no = { model_training: false };
const signed = (more = {}) =>
  signConsentToken(pseudonymKey, {
    subjectId: ann,
    purposes: ["model_training"],
    signedAt: NOW,
    expiresAt: later(60_000),
    ...more,
  });

test.each([
  ["a secret key grants", yes, secret, undefined, { stored: yes, item: null }],
  ["and withdraws", no, secret, undefined, { stored: no, item: null }],
  ["a write key withdraws", no, {}, undefined, { stored: no, item: null }],
  ["its yes is the item's", yes, {}, undefined, { stored: {}, item: true }],
  ["or nobody's", yes, { clientConsent: "never" }, undefined, { stored: {}, item: null }],
  ["or stored, by a token", yes, {}, signed(), { stored: yes, signedAt: NOW }],
  ["GPC is a no beside any yes", yes, { gpc: true }, signed(), { stored: {}, item: false }],
  ["of a secret key too", yes, { ...secret, gpc: true }, undefined, { stored: {}, item: false }],
  ["and stops no withdrawal", no, { gpc: true }, undefined, { stored: no, item: false }],
] as const)("%s", (_, said, who, token, heard) => {
  expect(hearConsent(said, ann, speaker(who), token)).toMatchObject(heard);
});

test.each([
  ["token_of_another", signed({ subjectId: bob })],
  ["token_expired", signed({ expiresAt: NOW })],
  ["token_malformed", `${signed()}x`],
  ["token_malformed", signed().replace(".", "..")],
  ["token_malformed", "gs_ct_"],
  [
    "token_malformed",
    signConsentToken(Buffer.alloc(32, 8), {
      subjectId: ann,
      purposes: ["model_training"],
      signedAt: NOW,
      expiresAt: later(60_000),
    }),
  ],
] as const)("a token that is none: %s", (why, token) => {
  const { stored, item, ignored } = hearConsent(yes, ann, speaker(), token);
  expect({ stored, item }).toEqual({ stored: {}, item: null });
  expect(ignored).toEqual([{ purpose: "model_training", why }]);
});

test("a token holds for the purposes that it names", () => {
  const both = { model_training: true, analytics: true };
  const { stored, item } = hearConsent(both, ann, speaker(), signed({ purposes: ["analytics"] }));
  expect({ stored, item }).toEqual({ stored: { analytics: true }, item: true });
});

test("a changed token is none, whichever of its characters is changed", () => {
  const token = signed();
  // But for the last one: of base64url, that may hold bits that mean nothing.
  fc.assert(
    fc.property(fc.nat(token.length - 2), fc.constantFrom("a", "Z", "0", "_", "."), (at, char) => {
      fc.pre(token[at] !== char);
      const read = readConsentToken(pseudonymKey, token.slice(0, at) + char + token.slice(at + 1));
      expect(read).toBeUndefined();
    }),
  );
});

test("after a no, no yes that was said before it counts again, however often and late it comes", () => {
  const arrival = fc.record({
    said: fc.option(fc.integer({ min: -1_000, max: -1 }), { nil: undefined }),
    arrives: fc.integer({ min: -1_000, max: 100_000 }),
    by: fc.constantFrom("secret", "token"),
  });
  fc.assert(
    fc.property(fc.array(arrival), (arrivals) => {
      const withdrawal = { granted: false, decidedAt: NOW };
      const all = arrivals.flatMap(({ said, arrives, by }) => {
        const receivedAt = later(arrives);
        const token = signed({ signedAt: later(said ?? -1), expiresAt: later(1_000_000) });
        const who = by === "secret" ? secret : {};
        const heard = hearConsent(
          yes,
          ann,
          speaker({ ...who, receivedAt }),
          by === "token" ? token : undefined,
        );
        const saidAt = said === undefined ? undefined : later(said);
        return decisionsOf(ann, heard, { saidAt, trustedAt: undefined, receivedAt });
      });
      expect([withdrawal, ...all].reduce(inForce).granted).toBe(false);
    }),
  );
});

test("a yes is dated by the earliest clock that knows, a no by one that is right or when it came", () => {
  const when = { saidAt: later(-50), trustedAt: later(-20), receivedAt: NOW };
  const dates = (stored: object, more = {}) =>
    decisionsOf(
      ann,
      { stored, signedAt: undefined, item: null, ignored: [] },
      { ...when, ...more },
    ).map((one) => one.decidedAt);
  expect(dates(yes)).toEqual([later(-50)]);
  expect(dates(yes, { saidAt: later(99), trustedAt: undefined })).toEqual([NOW]);
  expect(dates(yes, { saidAt: undefined, trustedAt: undefined })).toEqual([UNDATED]);
  expect(dates(no)).toEqual([later(-20)]);
  expect(dates(no, { trustedAt: undefined })).toEqual([NOW]);
});
