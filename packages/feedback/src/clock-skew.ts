import { withoutLeapSecond } from "@groundswell/contracts";

/** What a message says about time: ISO 8601 texts by the sender's clock, and when it arrived by ours. */
export interface Times {
  timestamp?: string | null | undefined;
  originalTimestamp?: string | null | undefined;
  sentAt?: string | null | undefined;
  receivedAt: Date;
}

/**
 * When something happened, by our clock. The sender's clock is wrong by what lies between its
 * sending and our receiving (the way through the network, small against wrong clocks, with it).
 * Source: Segment spec, "Common fields: timestamps".
 *
 * @returns undefined for a timestamp that is no date
 */
export function correctClockSkew(times: Times): Date | undefined {
  const said = times.originalTimestamp ?? times.timestamp;
  if (typeof said !== "string") return times.receivedAt;
  const happened = instantOf(said);
  if (Number.isNaN(happened)) return undefined;
  const sent = typeof times.sentAt === "string" ? instantOf(times.sentAt) : Number.NaN;
  const skewMs = Number.isNaN(sent) ? 0 : times.receivedAt.getTime() - sent;
  const corrected = new Date(happened + skewMs);
  return Number.isNaN(corrected.getTime()) ? undefined : corrected;
}

/** @returns milliseconds; NaN for a text that is no date */
export function instantOf(said: string): number {
  const ms = Date.parse(said);
  return Number.isNaN(ms) ? Date.parse(withoutLeapSecond(said)) : ms;
}

const DAY_MS = 86_400_000;
const OLDEST_DAYS = 365;

/** Why an instant can't be believed: older than a year, or more than a day ahead. */
export function unbelievable(
  occurredAt: Date,
  receivedAt: Date,
): "too_old" | "from_the_future" | undefined {
  const ageMs = receivedAt.getTime() - occurredAt.getTime();
  if (ageMs > OLDEST_DAYS * DAY_MS) return "too_old";
  if (ageMs < -DAY_MS) return "from_the_future";
  return undefined;
}
