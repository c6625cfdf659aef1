import { z } from "zod";

import { ConsentTokenText } from "./consent.ts";
import { type ExactNumber, isExactNumber, isStorable } from "./exact-json.ts";
import { Label } from "./labels.ts";
import { idText, Instant, ModelName, SubjectRef, text } from "./names.ts";

const VALUES =
  "must be true, false, a number, or text; or leave it out and send `correction`, the class that is right";

/** A number that keeps all the digits that were sent. */
const NumberAsSent = z.custom<number | ExactNumber>(
  (given) => typeof given === "number" || (isExactNumber(given) && isStorable(given)),
);

export const FeedbackValue = z.union([z.boolean(), NumberAsSent, text(1_000)], { error: VALUES });
export type FeedbackValue = z.infer<typeof FeedbackValue>;

const Item = z.strictObject({
  id: idText(128),
  prediction_id: z.uuid(),
  /** The model, where the app knows it: a wrong one is refused instead of joined. */
  model: ModelName.optional(),
  metric: text(64).min(1).default("correct"),
  /** Whether it was right, or how right. Not needed beside a correction, and must agree with one. */
  value: FeedbackValue.nullish(),
  /** What it should have said: a class of the model. */
  correction: Label.optional(),
  comment: text(10_000).optional(),
  subject: SubjectRef.optional(),
  /** When the user did it; default: when we received it. */
  occurred_at: Instant.optional(),
  /** A write key's yes counts for this item; with a token, or a secret key, it is stored. */
  consent: z
    .strictObject({ model_training: z.boolean(), token: ConsentTokenText.optional() })
    .optional(),
  dry_run: z.boolean().optional(),
});

/** What a user did with a prediction. `id` upserts: the same value again is a retry, another one a correction. */
export const FeedbackItem = Item.refine(
  ({ value, correction }) => (value ?? correction ?? null) !== null,
  { path: ["value"], error: VALUES },
);
export type FeedbackItem = z.infer<typeof FeedbackItem>;

/** One item, or many. Items are judged one by one: a bad one costs its neighbours nothing. */
export const FeedbackRequest = z.union(
  [FeedbackItem, z.strictObject({ items: z.array(FeedbackItem).min(1).max(2_500) })],
  { error: 'must be one feedback, or {"items": […]} with many' },
);

export const ItemResult = z.object({
  id: z.string().nullable(),
  status: z.enum(["accepted", "valid", "rejected"]),
  code: z.string().optional(),
  /**
   * What became of the `consent` that came with it: put in force (`stored`: beside what the person
   * said at other times), counted for this item alone (`item`), or for nothing (`ignored`).
   */
  consent: z.enum(["stored", "item", "ignored"]).optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type ItemResult = z.infer<typeof ItemResult>;

/** 207: one result an item, in order. */
export const FeedbackResults = z.object({ results: z.array(ItemResult) });
export type FeedbackResults = z.infer<typeof FeedbackResults>;

/**
 * waiting: its prediction is not stored yet · joined: written to the ledger ·
 * learned: a step took it · kept_out: may not or can not teach, see `reason`.
 */
export const FeedbackState = z.object({
  id: z.string(),
  prediction_id: z.string(),
  state: z.enum(["waiting", "joined", "learned", "kept_out"]),
  reason: z.string().nullable(),
  /** The step of the model that took it; predictions with `learned_through` ≥ this know it. */
  learned_at_step: z.int().nullable(),
  /** Null where only a correction was sent. */
  value: FeedbackValue.nullable(),
  correction: z.string().nullable(),
  occurred_at: z.string(),
  received_at: z.string(),
  /** From durable acceptance to the publication of weights that know it, in milliseconds. */
  learned_after_ms: z.number().nullable(),
  /** Fields that contradict each other, where that is the reason. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type FeedbackState = z.infer<typeof FeedbackState>;

/** Why feedback did not teach. The dashboard and the story show the count of each. */
export const KeptOutReason = z.enum([
  "no_consent",
  "consent_withdrawn",
  "no_subject",
  "held_out",
  "duplicate",
  "superseded",
  "other_feedback",
  "not_your_id",
  "not_teaching",
  "malformed",
  "no_target",
  "contradiction",
  "unknown_class",
  "wrong_subject",
  "wrong_model",
  "prediction_changed",
  "unmatched",
  "too_old",
  "from_the_future",
]);
export type KeptOutReason = z.infer<typeof KeptOutReason>;
