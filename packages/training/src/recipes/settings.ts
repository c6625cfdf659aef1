import { z } from "zod";

import type { BatchSettings, OnlineSettings } from "../recipe.ts";

/** How much one person may say, once `from` persons have taught: of a step's new examples, and of all else. */
const voice = z.strictObject({
  from: z.int().min(1).default(100),
  step: z.int().min(1).max(16).default(1),
  share: z.number().positive().max(1).default(0.01),
});

/** The fields of `config.online`, with a recipe's own defaults. */
export const onlineSettings = (defaults: Omit<OnlineSettings, "voice">) =>
  z.strictObject({
    learning_rate: z.number().positive().max(10).default(defaults.learning_rate),
    learning_rate_after_promotion: z
      .number()
      .positive()
      .max(10)
      .default(defaults.learning_rate_after_promotion),
    replay: z.int().min(0).max(1_024).default(defaults.replay),
    window: z.int().min(1).max(65_536).default(defaults.window),
    voice: voice.prefault({}),
  });

/** The fields of `config.batch`, with a recipe's own defaults. */
export const batchSettings = (defaults: BatchSettings) =>
  z.strictObject({
    epochs: z.int().min(1).max(1_000).default(defaults.epochs),
    batch_size: z.int().min(1).max(4_096).default(defaults.batch_size),
    learning_rate: z.number().positive().max(10).default(defaults.learning_rate),
    patience: z.int().min(1).max(1_000).default(defaults.patience),
  });

/**
 * The same fields, each optional and without its default: what a run sets over its model's own
 * settings, and nothing that it does not say.
 */
export const overridesOf = (settings: z.ZodObject<Record<string, z.ZodDefault<z.ZodType>>>) =>
  z.strictObject(
    Object.fromEntries(
      Object.entries(settings.shape).map(([name, field]) => [name, field.unwrap().optional()]),
    ),
  );
