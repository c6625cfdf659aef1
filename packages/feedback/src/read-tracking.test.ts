import { TrackingMessage } from "@groundswell/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";

import { readFeedback } from "./read-feedback.ts";
import { readTracking } from "./read-tracking.ts";
import { toJsonb, whyUnstorable } from "./storable.ts";

const messages = fc.record(
  {
    type: fc.oneof(fc.constantFrom("track", "identify", "page", "nonsense"), fc.anything()),
    messageId: fc.oneof(
      fc.string(),
      fc.constant("a\0b"),
      fc.constant("x".repeat(300)),
      fc.anything(),
    ),
    userId: fc.oneof(fc.string(), fc.constant(null), fc.anything()),
    event: fc.oneof(fc.string({ minLength: 1 }), fc.constant(null), fc.anything()),
    name: fc.oneof(fc.string(), fc.anything()),
    properties: fc.oneof(fc.object(), fc.array(fc.anything()), fc.constant(null), fc.anything()),
    context: fc.oneof(fc.object(), fc.anything()),
    timestamp: fc.oneof(fc.string(), fc.anything()),
  },
  { requiredKeys: [] },
);
const json = messages.map((message): unknown => JSON.parse(JSON.stringify(message)));

const receivedAt = new Date("2026-11-25T12:00:00Z");
const read = (message: unknown) => readTracking(message, { body: message, receivedAt });

test("the quick way takes nothing that the schema refuses", () => {
  fc.assert(
    fc.property(json, (message) => {
      const taken = read(message).item !== undefined;
      expect(taken && !TrackingMessage.safeParse(message).success).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("a name of no characters is left to the schema, which allows it", () => {
  const message = { type: "page", name: "", userId: "u" };
  expect(read(message).item?.message).toEqual(message);
});

test("what jsonb refuses is found, at any depth", () => {
  expect(whyUnstorable({ a: [{ b: "x\0" }] })).toBe("nul");
  expect(whyUnstorable({ "a\0": 1 })).toBe("nul");
  expect(whyUnstorable({ a: "\\u0000" })).toBeUndefined();
  const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  expect(whyUnstorable(deep)).toBe("too_deep");
});

test("half a surrogate pair is replaced, whole ones and look-alikes are not touched", () => {
  const halves = { "k\ud800": ["\udc00", { deep: "a\ud83d" }] };
  expect(toJsonb(halves)).toBe('{"k\ufffd":["\ufffd",{"deep":"a\ufffd"}]}');
  const fine = { emoji: "😀", text: "\\ud800" };
  expect(JSON.parse(toJsonb(fine))).toEqual(fine);
});

test("32 KB are the limit of a message, in bytes as it would be sent", () => {
  const message = (text: string) => ({ type: "track", event: "e", properties: { text } });
  const room = 32 * 1024 - JSON.stringify(message("")).length;
  expect(read(message("x".repeat(room))).item).toBeDefined();
  expect(read(message("x".repeat(room + 1))).fault?.code).toBe("too_large");
  expect(read(message("\u4e2d".repeat(Math.floor(room / 3)))).item).toBeDefined();
  expect(read(message("\u4e2d".repeat(room / 2))).fault?.code).toBe("too_large");
});

test("consent needs somebody whose it is", () => {
  const item = { id: "a", prediction_id: "0199aaaa-0000-7000-8000-000000000000", value: 1 };
  expect(readFeedback({ ...item, consent: { model_training: false } }).fault).toMatchObject({
    issues: [{ path: "/subject" }],
  });
  expect(
    readFeedback({ ...item, subject: "s", consent: { model_training: false } }).item,
  ).toBeDefined();
});

test.each<[unknown, string]>([
  [42, "42"],
  [JSON.rawJSON("12345678901234567890"), "12345678901234567890"],
  ["42", "42"],
])("an id that is %j is %s", (id, digits) => {
  const message = { type: "track", event: "e", userId: id, anonymousId: id, messageId: id };
  expect(read(message).item?.message).toMatchObject({
    userId: digits,
    anonymousId: digits,
    messageId: digits,
  });
});

test.each<[string, object, string]>([
  ["half a number", { userId: 1.5 }, "/userId"],
  ["a truth", { userId: true }, "/userId"],
  ["an id that is no Unicode", { messageId: "a\ud800" }, "/messageId"],
  ["a number where an object belongs", { properties: JSON.rawJSON("1e400") }, "/properties"],
  [
    "a number that would fill a disk",
    { properties: { n: JSON.rawJSON("1e100000") } },
    "500 digits",
  ],
  ["a day that is none", { timestamp: "2026-13-01T00:00:00Z" }, "/timestamp"],
])("%s is refused where it stands", (_what, change, where) => {
  const found = read({ type: "track", event: "e", userId: "u", ...change }).fault;
  expect(found).toMatchObject({ code: "malformed", detail: expect.stringContaining(where) });
});

test("a leap second is the second after it", () => {
  const at = (timestamp: string) =>
    read({ type: "track", event: "e", userId: "u", timestamp }).item?.occurredAt.toISOString();
  expect(at("2026-06-30T23:59:60Z")).toBe("2026-07-01T00:00:00.000Z");
  expect(at("2026-06-30T23:59:60.7+02:00")).toBe("2026-06-30T22:00:00.000Z");
});

test("feedback in a tracking call is refused at its own field", () => {
  const properties = { prediction_id: "0199aaaa-0000-7000-8000-000000000000", value: true };
  const message = { type: "track", event: "Feedback Given", messageId: "m", userId: "u" };
  const at = (change: object) =>
    read({ ...message, ...change }).fault?.issues.map(({ path }) => path);
  expect(at({ properties })).toBeUndefined();
  expect(at({ properties: { ...properties, prediction_id: "x" } })).toEqual([
    "/properties/prediction_id",
  ]);
  expect(at({ properties: { ...properties, value: undefined } })).toEqual(["/properties/value"]);
  expect(at({ properties, messageId: "x".repeat(200) })).toEqual(["/messageId"]);
  expect(at({ properties: { ...properties, feedback_id: "" } })).toEqual([
    "/properties/feedback_id",
  ]);
});
