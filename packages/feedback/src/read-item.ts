import { FeedbackItem, type Issue, TRACKING_LIMITS, TrackingMessage } from "@groundswell/contracts";
import type { z } from "zod";

import { whyUnstorable } from "./storable.ts";

/** Why an item can't be used: for the answer to its sender, and for the quarantine. */
export interface Fault {
  code: string;
  /** The first issue in words. */
  detail: string;
  issues: Issue[];
}

export type Read<T> = { item: T; fault?: never } | { item?: never; fault: Fault };

/** Reads one posted feedback. The same at the door and in the worker, so that both judge alike. */
export function readFeedbackItem(given: unknown): Read<FeedbackItem> {
  const parsed = FeedbackItem.safeParse(given);
  if (!parsed.success) return { fault: faultOf("malformed", parsed.error) };
  const item = parsed.data;
  if (item.consent && item.subject === undefined)
    return fault("malformed", "/subject", "consent is somebody's: name the subject who gave it");
  return { item };
}

/** Reads one message of the tracking API. */
export function readTrackingMessage(given: unknown): Read<TrackingMessage> {
  const item = plainMessage(given);
  if (!item) {
    const parsed = TrackingMessage.safeParse(given);
    if (!parsed.success) return { fault: faultOf("malformed", parsed.error) };
  }
  const message = given as TrackingMessage;
  if (message.type === "track" && message.event === undefined)
    return fault("malformed", "/event", "a track message names its event");
  const unstorable = whyUnstorable(message);
  if (unstorable === "nul")
    return fault("malformed", "", "text may not contain a NUL byte: remove it");
  if (unstorable === "too_deep")
    return fault("malformed", "", "objects and lists may be nested 32 deep at most");
  return tooLarge(message) ?? { item: message };
}

/** What tells most good messages without the cost of a schema; the schema has the last word on all others. */
function plainMessage(given: unknown): boolean {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return false;
  const message = given as Record<string, unknown>;
  return (
    TYPES.has(message["type"]) &&
    plainText(message["messageId"], false) &&
    plainText(message["event"], false) &&
    plainText(message["userId"]) &&
    plainText(message["anonymousId"]) &&
    plainText(message["name"]) &&
    plainText(message["timestamp"], true, 64) &&
    plainText(message["originalTimestamp"], true, 64) &&
    plainText(message["sentAt"], true, 64) &&
    plainObject(message["properties"]) &&
    plainObject(message["traits"]) &&
    plainObject(message["context"])
  );
}

const TYPES: ReadonlySet<unknown> = new Set(TrackingMessage.shape.type.options);

function plainText(value: unknown, nullable = true, most = 256): boolean {
  if (typeof value === "string")
    return value.length > 0 && value.length <= most && !value.includes("\0");
  return value === undefined || (nullable && value === null);
}

const plainObject = (value: unknown) =>
  value === undefined || (typeof value === "object" && !Array.isArray(value));

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

function fault(code: string, path: string, message: string): { fault: Fault } {
  return { fault: { code, detail: message, issues: [{ path, message }] } };
}

function faultOf(code: string, { issues }: z.ZodError): Fault {
  const told = issues.slice(0, 10).map(({ path, message }) => ({ path: pointer(path), message }));
  const [first] = told;
  return {
    code,
    detail: first ? `${first.path || "the item"}: ${first.message}` : code,
    issues: told,
  };
}

/** RFC 6901. */
const pointer = (path: readonly PropertyKey[]) =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
