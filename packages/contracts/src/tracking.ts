import { z } from "zod";

import { isExactNumber } from "./exact-json.ts";
import { idText, text } from "./names.ts";

const json = z.preprocess(
  // A number that is kept as it was written is an object to JavaScript.
  (given) => (isExactNumber(given) ? Number(given.rawJSON) : given),
  z.record(z.string(), z.unknown()),
);

/**
 * One message of the Segment / RudderStack tracking API. Loose on purpose: real
 * clients send fields of their own, which are kept in `context` or ignored.
 */
export const TrackingMessage = z.looseObject({
  type: z.enum(["track", "identify", "page", "screen", "group", "alias"]),
  messageId: idText(256).optional(),
  userId: idText(256).nullish(),
  anonymousId: idText(256).nullish(),
  event: text(256).min(1).optional(),
  name: text(256).nullish(),
  properties: json.nullish(),
  traits: json.nullish(),
  context: json.nullish(),
  timestamp: z.string().max(64).nullish(),
  originalTimestamp: z.string().max(64).nullish(),
  sentAt: z.string().max(64).nullish(),
});
export type TrackingMessage = z.infer<typeof TrackingMessage>;

/** The event of a `track` call that carries feedback. */
export const FEEDBACK_EVENT = "Feedback Given";
/** The event by which a consent banner tells a change of mind. */
export const CONSENT_EVENT = "Segment Consent Preference Updated";

export const TrackingResults = z.object({
  success: z.literal(true),
  results: z.array(
    z.object({
      messageId: z.string().nullable(),
      result: z.enum(["ok", "warning", "drop"]),
      detail: z.string().optional(),
    }),
  ),
});
export type TrackingResults = z.infer<typeof TrackingResults>;

/** Limits of a tracking batch (PROTOCOLS: what real clients send, with room). */
export const TRACKING_LIMITS = {
  eventBytes: 32 * 1024,
  batchBytes: 500 * 1024,
  batchEvents: 2_500,
} as const;
