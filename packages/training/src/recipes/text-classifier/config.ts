import { z } from "zod";

import { batchSettings, onlineSettings, overridesOf } from "../settings.ts";

const batch = batchSettings({
  epochs: 12,
  batch_size: 32,
  learning_rate: 0.005,
  patience: 4,
}).extend({
  /** Share of its features that a message is seen without, each time anew: in batches, and when it is replayed. */
  drop: z.number().min(0).max(0.9).default(0.6),
});

/** Settings of a `text-classifier`. */
export const TextConfig = z.strictObject({
  /** Rows of the table that words and their parts are hashed to: a power of two. */
  buckets: z
    .int()
    .min(1 << 8)
    .max(1 << 20)
    .refine((n) => (n & (n - 1)) === 0, { error: "must be a power of two" })
    .default(1 << 16),
  /** Numbers that stand for one of them. */
  width: z.int().min(4).max(512).default(64),
  online: onlineSettings({
    learning_rate: 0.1,
    learning_rate_after_promotion: 0.02,
    replay: 80,
    window: 16_384,
  }).prefault({}),
  batch: batch.prefault({}),
});
export type TextConfig = z.infer<typeof TextConfig>;

/** What a run may set over `config.batch`. */
export const TextRunConfig = overridesOf(batch);
