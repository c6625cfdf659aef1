import { TrackingMessage } from "@groundswell/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";

import { readFeedbackItem, readTrackingMessage } from "./read-item.ts";
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

test("the quick way takes nothing that the schema refuses", () => {
  fc.assert(
    fc.property(json, (message) => {
      const taken = readTrackingMessage(message).item !== undefined;
      expect(taken && !TrackingMessage.safeParse(message).success).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("a name of no characters is left to the schema, which allows it", () => {
  const message = { type: "page", name: "", userId: "u" };
  expect(readTrackingMessage(message).item).toEqual(message);
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
  expect(readTrackingMessage(message("x".repeat(room))).item).toBeDefined();
  expect(readTrackingMessage(message("x".repeat(room + 1))).fault?.code).toBe("too_large");
  expect(readTrackingMessage(message("\u4e2d".repeat(Math.floor(room / 3)))).item).toBeDefined();
  expect(readTrackingMessage(message("\u4e2d".repeat(room / 2))).fault?.code).toBe("too_large");
});

test("consent needs somebody whose it is", () => {
  const item = { id: "a", prediction_id: "0199aaaa-0000-7000-8000-000000000000", value: 1 };
  expect(readFeedbackItem({ ...item, consent: { model_training: false } }).fault).toMatchObject({
    issues: [{ path: "/subject" }],
  });
  expect(
    readFeedbackItem({ ...item, subject: "s", consent: { model_training: false } }).item,
  ).toBeDefined();
});
