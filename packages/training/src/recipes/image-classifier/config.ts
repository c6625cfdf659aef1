import { z } from "zod";

import { batchSettings, onlineSettings, overridesOf } from "../settings.ts";

const batch = batchSettings({
  epochs: 40,
  batch_size: 32,
  learning_rate: 0.002,
  patience: 10,
}).extend({
  /** Pixels by which a picture is moved at most, each way: in batches, and when it is replayed. */
  shift: z.int().min(0).max(32).default(2),
});

/** Settings of an `image-classifier`. */
export const ImageConfig = z.strictObject({
  /** Pixels of the picture that the model sees; what comes is scaled to fit. */
  width: z.int().min(4).max(256).default(28),
  height: z.int().min(4).max(256).default(28),
  /**
   * What transparent parts and bars are: `auto` takes, for a picture with transparent parts, the one
   * of black and white on which its ink shows, and black bars for all others.
   */
  background: z.enum(["auto", "black", "white"]).default("auto"),
  /** Units of the hidden layer. */
  hidden: z.int().min(1).max(8_192).default(512),
  online: onlineSettings({
    learning_rate: 0.002,
    learning_rate_after_promotion: 0.0005,
    replay: 48,
    window: 8_192,
  }).prefault({}),
  batch: batch.prefault({}),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

/** What a run may set over `config.batch`. */
export const ImageRunConfig = overridesOf(batch);
