import { z } from "zod";

import { FeedbackValue } from "./feedback.ts";
import { Proportion } from "./model.ts";

const count = z.int();

/** One screen of a model, every figure measured over the last `window_s` seconds unless it says `total`. */
export const Overview = z.object({
  model: z.string(),
  recipe: z.string(),
  at: z.string(),
  window_s: z.int(),
  accepted: z.object({ per_second: z.number(), items: count, total: count }),
  predictions: z.object({
    per_second: z.number(),
    total: count,
    p50_ms: z.number().nullable(),
    p99_ms: z.number().nullable(),
  }),
  learned: z.object({
    per_second: z.number(),
    total: count,
    step: count,
    /** From durable acceptance of feedback to published weights that know it. */
    p50_ms: z.number().nullable(),
    p99_ms: z.number().nullable(),
  }),
  /** Feedback judged so far, and what was kept out of learning, by reason (totals). */
  feedback_total: count,
  kept_out: z.array(z.object({ reason: z.string(), count })),
  /** Share predicted right before the feedback was seen, over the last 500 that may be scored. */
  progressive: Proportion.nullable(),
  /** The same along the stream: after `n` scored predictions, over the last 500 of them. */
  progressive_curve: z.array(z.object({ n: count, accuracy: Proportion })),
  queues: z.object({
    /** Accepted, not yet processed. */
    inbox_items: count,
    inbox_oldest_s: z.number().nullable(),
    /** In the ledger, not yet taken by the learner. */
    ledger: count,
    /** Feedback whose prediction is not stored yet. */
    waiting: count,
    quarantine: count,
    dead_letters: count,
  }),
});
export type Overview = z.infer<typeof Overview>;

/** What a user was shown, and what they did. Newest first. */
export const LiveRow = z.object({
  prediction_id: z.string(),
  at: z.string(),
  model_version: z.int(),
  learned_through: z.int(),
  /** Grey pixels, row by row, for a picture (base64). */
  picture: z.object({ width: z.int(), height: z.int(), b64: z.string() }).nullable(),
  text: z.string().nullable(),
  label: z.string(),
  probability: z.number(),
  feedback: z
    .object({
      value: FeedbackValue.nullable(),
      correction: z.string().nullable(),
      state: z.enum(["waiting", "joined", "learned", "kept_out"]),
      reason: z.string().nullable(),
      learned_after_ms: z.number().nullable(),
    })
    .nullable(),
});
export type LiveRow = z.infer<typeof LiveRow>;
export const LiveQuery = z.object({ limit: z.coerce.number().int().min(1).max(50).default(50) });
export const LiveRows = z.object({ data: z.array(LiveRow) });

export const Backlog = z.object({
  queues: z.array(z.object({ name: z.string(), waiting: z.int(), active: z.int() })),
  inbox: z.int(),
  ledger: z.int(),
});
