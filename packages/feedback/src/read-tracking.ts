import {
  FEEDBACK_EVENT,
  FeedbackItem,
  isExactNumber,
  TRACKING_LIMITS,
  TrackingMessage,
} from "@groundswell/contracts";

import { correctClockSkew, unbelievable } from "./clock-skew.ts";
import type { Envelope } from "./envelope.ts";
import { type Fault, fault, faultOf, type Read } from "./fault.ts";
import { WHY_UNSTORABLE, whyUnstorable } from "./storable.ts";

/** What is known of a message beside itself: the request that it came with. */
export interface TrackingFrame extends Pick<Envelope, "type" | "body"> {
  receivedAt: Date;
}

/** A message of the tracking API that was understood: nothing about it can fail any more. */
export interface TrackedMessage {
  message: TrackingMessage;
  /** When it, or its batch, was sent, by the sender's clock. */
  sentAt: string | null;
  /** By our clock. */
  occurredAt: Date;
  /** What it says of a prediction, where it is a `Feedback Given`. */
  feedback: FeedbackItem | undefined;
}

/** Reads one message of the tracking API. The same at the door and in the worker, so that both judge alike. */
export function readTracking(given: unknown, frame: TrackingFrame): Read<TrackedMessage> {
  const read = readMessage(withDefaults(given, frame));
  if (read.fault) return read;
  const message = read.item;
  const sentAt = message.sentAt ?? sentAtOf(frame.body);
  const { receivedAt } = frame;
  const occurredAt = correctClockSkew({ ...message, sentAt, receivedAt });
  if (!occurredAt) return fault("malformed", "/timestamp", "is no date: use ISO 8601");
  const doubt = unbelievable(occurredAt, receivedAt);
  if (doubt) return fault(doubt, "/timestamp", `${occurredAt.toISOString()} can't be believed`);
  const feedback = feedbackIn(message);
  if (feedback.fault) return feedback;
  return { item: { message, sentAt, occurredAt, feedback: feedback.item } };
}

/** `/v1/track` says the type in its path; a batch may say a context for all of its messages. */
function withDefaults(given: unknown, { type, body }: TrackingFrame): unknown {
  if (!isRecord(given)) return given;
  const context = given !== body && isRecord(body) ? body["context"] : undefined;
  if (type === undefined && context === undefined) return given;
  return { ...(type && { type }), ...(isRecord(context) && { context }), ...given };
}

function sentAtOf(body: unknown): string | null {
  const sentAt = isRecord(body) ? body["sentAt"] : undefined;
  return typeof sentAt === "string" ? sentAt : null;
}

function readMessage(given: unknown): Read<TrackingMessage> {
  const parsed = isPlainMessage(given)
    ? { success: true as const, data: given }
    : TrackingMessage.safeParse(given);
  if (!parsed.success) return { fault: faultOf("malformed", parsed.error) };
  const message = parsed.data;
  if (message.type === "track" && message.event === undefined)
    return fault("malformed", "/event", "a track message names its event");
  const unstorable = whyUnstorable(message);
  if (unstorable) return fault("malformed", "", WHY_UNSTORABLE[unstorable]);
  return tooLarge(message) ?? { item: message };
}

/** What tells most good messages without the cost of a schema; the schema has the last word on all others. */
function isPlainMessage(given: unknown): given is TrackingMessage {
  if (!isRecord(given)) return false;
  return (
    TYPES.has(given["type"]) &&
    isPlainId(given["messageId"], false) &&
    isPlainText(given["event"], false) &&
    isPlainId(given["userId"]) &&
    isPlainId(given["anonymousId"]) &&
    isPlainText(given["name"]) &&
    isPlainText(given["timestamp"], true, 64) &&
    isPlainText(given["originalTimestamp"], true, 64) &&
    isPlainText(given["sentAt"], true, 64) &&
    isPlainObject(given["properties"]) &&
    isPlainObject(given["traits"]) &&
    isPlainObject(given["context"])
  );
}

const TYPES: ReadonlySet<unknown> = new Set(TrackingMessage.shape.type.options);

function isPlainText(value: unknown, nullable = true, most = 256): boolean {
  if (typeof value === "string")
    return value.length > 0 && value.length <= most && !value.includes("\0");
  return value === undefined || (nullable && value === null);
}

const isPlainId = (value: unknown, nullable = true) =>
  isPlainText(value, nullable) && (typeof value !== "string" || value.isWellFormed());

const isPlainObject = (value: unknown) =>
  value === undefined || value === null || (isRecord(value) && !isExactNumber(value));

/** A JSON text is at least as long as its strings: only a message with long ones is written out to be measured. */
function tooLarge(message: TrackingMessage): { fault: Fault } | undefined {
  const most = TRACKING_LIMITS.eventBytes;
  if (upperBound(message, most) <= most) return undefined;
  const bytes = Buffer.byteLength(JSON.stringify(message));
  if (bytes <= most) return undefined;
  return fault("too_large", "", `a message may have ${most} bytes, this one has ${bytes}`);
}

/** JSON bytes at most: six for each UTF-16 unit (`\u0001`), 25 for a number. Stops counting above `most`. */
function upperBound(value: unknown, most: number): number {
  if (typeof value === "string") return 2 + 6 * value.length;
  if (typeof value !== "object" || value === null) return 25;
  let bytes = 2;
  for (const key in value) {
    bytes += 4 + 6 * key.length + upperBound((value as Record<string, unknown>)[key], most - bytes);
    if (bytes > most) return bytes;
  }
  return bytes;
}

/** Feedback in the words of the tracking API: properties of `Feedback Given`. */
function feedbackIn(
  message: TrackingMessage,
): { item: FeedbackItem | undefined; fault?: never } | { fault: Fault; item?: never } {
  if (message.type !== "track" || message.event !== FEEDBACK_EVENT) return { item: undefined };
  const { feedback_id, prediction_id, model, name, metric, value, correction, comment } =
    message.properties ?? {};
  const parsed = FeedbackItem.safeParse({
    id: feedback_id ?? message.messageId,
    prediction_id,
    model: model ?? undefined,
    metric: metric ?? name ?? undefined,
    value,
    correction: correction ?? undefined,
    comment: comment ?? undefined,
  });
  if (parsed.success) return { item: parsed.data };
  const found = faultOf("malformed", parsed.error, "/properties");
  const [first] = found.issues;
  if (first?.path !== "/properties/id") return { fault: found };
  const path = feedback_id === undefined ? "/messageId" : "/properties/feedback_id";
  return fault("malformed", path, `${first.message} (it is the feedback's id)`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
