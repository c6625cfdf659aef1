import { expect, test } from "vitest";

import { correctClockSkew, unbelievable } from "./clock-skew.ts";

const receivedAt = new Date("2026-11-25T12:00:00Z");
const corrected = (times: Omit<Parameters<typeof correctClockSkew>[0], "receivedAt">) =>
  correctClockSkew({ ...times, receivedAt })?.toISOString();

test("a slow or fast clock is set right by when the message was sent", () => {
  const slow = { timestamp: "2026-11-25T10:59:50Z", sentAt: "2026-11-25T11:00:00Z" };
  expect(corrected(slow)).toBe("2026-11-25T11:59:50.000Z");
  const fast = { timestamp: "2031-01-01T00:00:00Z", sentAt: "2031-01-01T00:00:10+00:00" };
  expect(corrected(fast)).toBe("2026-11-25T11:59:50.000Z");
});

test("without a sending time the timestamp is believed, without a timestamp it is now", () => {
  expect(corrected({ timestamp: "2026-11-25T13:00:00+02:00" })).toBe("2026-11-25T11:00:00.000Z");
  expect(corrected({ timestamp: "2026-11-25T11:00:00Z", sentAt: "soon" })).toBe(
    "2026-11-25T11:00:00.000Z",
  );
  expect(corrected({})).toBe("2026-11-25T12:00:00.000Z");
  expect(corrected({ timestamp: null })).toBe("2026-11-25T12:00:00.000Z");
});

test("what is no date is none", () => {
  expect(corrected({ timestamp: "yesterday" })).toBeUndefined();
  expect(
    corrected({ timestamp: "+275760-09-13T00:00:00Z", sentAt: "1970-01-01T00:00:00Z" }),
  ).toBeUndefined();
});

test("a year back and a day ahead are the limits of belief", () => {
  const days = (n: number) => new Date(receivedAt.getTime() + n * 86_400_000);
  expect(unbelievable(days(-364), receivedAt)).toBeUndefined();
  expect(unbelievable(days(-366), receivedAt)).toBe("too_old");
  expect(unbelievable(days(0.9), receivedAt)).toBeUndefined();
  expect(unbelievable(days(1.1), receivedAt)).toBe("from_the_future");
});
