import { z } from "zod";

import { idText, Instant, Purpose, SubjectRef, text } from "./names.ts";

/**
 * What the yes of a write key counts for without a token: the item that it comes with, where the
 * person has said nothing else; or nothing.
 */
export const ClientConsent = z.enum(["item", "never"]);
export type ClientConsent = z.infer<typeof ClientConsent>;

/** A yes signed for one person: what a client with a write key needs to store one. */
export const ConsentTokenText = text(1_024).min(1);

/** A decision of one person. Records are append-only; fields follow ISO/IEC TS 27560. */
export const ConsentPost = z.strictObject({
  /**
   * The post's own id (or the header `Idempotency-Key`): sent again, it is the same decision, dated
   * when it first came. Without it and without `occurred_at` a yes does not undo a no.
   */
  id: idText(128).optional(),
  /** Whose, where the path does not say it. */
  subject: SubjectRef.optional(),
  token: ConsentTokenText.optional(),
  purposes: z.partialRecord(Purpose, z.boolean()).refine((p) => Object.keys(p).length > 0, {
    error: 'name at least one purpose, e.g. {"model_training": true}',
  }),
  /** When the person decided, by a clock that is right; a date in the future counts as now. */
  occurred_at: Instant.optional(),
  method: text(128).optional(),
  notice: z
    .strictObject({
      id: text(256),
      version: text(64).optional(),
      language: text(35).optional(),
    })
    .optional(),
  jurisdiction: text(64).optional(),
});
export type ConsentPost = z.infer<typeof ConsentPost>;

export const ConsentState = z.object({
  /** In force after this post. Missing means no. */
  purposes: z.partialRecord(Purpose, z.boolean()),
  record_id: z.string(),
});
export type ConsentState = z.infer<typeof ConsentState>;

const DEFAULT_TOKEN_S = 600;
const MOST_TOKEN_S = 3_600;

/** A person said yes, in front of somebody who holds a secret key. */
export const ConsentTokenPost = z.strictObject({
  /** Whose, where the path does not say it. */
  subject: SubjectRef.optional(),
  purposes: z.array(Purpose).min(1).default(["model_training"]),
  expires_in_s: z.int().min(1).max(MOST_TOKEN_S).default(DEFAULT_TOKEN_S),
});
export type ConsentTokenPost = z.infer<typeof ConsentTokenPost>;

export const ConsentTokenAnswer = z.object({
  token: z.string(),
  purposes: z.array(Purpose),
  expires_at: z.string(),
});
export type ConsentTokenAnswer = z.infer<typeof ConsentTokenAnswer>;

export const ProjectPatch = z.strictObject({ client_consent: ClientConsent.optional() });
export const ProjectView = z.object({
  project_id: z.string(),
  name: z.string(),
  client_consent: ClientConsent,
});
