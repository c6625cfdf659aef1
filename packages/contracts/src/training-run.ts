import { z } from "zod";

import { GateReport } from "./model.ts";
import { text } from "./names.ts";

export const RunPost = z.strictObject({
  trigger: z.literal("manual").default("manual"),
  /** Over the recipe's batch settings: epochs, batch_size, learning_rate, patience, hidden … */
  config: z.record(z.string(), z.unknown()).default({}),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  note: text(500).optional(),
});
export type RunPost = z.infer<typeof RunPost>;

export const RunStatus = z.enum(["queued", "running", "succeeded", "failed", "cancelled"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const RunProgress = z.object({
  phase: z.enum(["dataset", "training", "catching-up", "exam", "registering", "done"]),
  epoch: z.int(),
  epochs: z.int(),
  /** Mean loss of the last epoch on training and validation examples. */
  loss: z.number().nullable(),
  validation_loss: z.number().nullable(),
  validation_accuracy: z.number().nullable(),
  elapsed_ms: z.number(),
  eta_ms: z.number().nullable(),
});
export type RunProgress = z.infer<typeof RunProgress>;

export const RunView = z.object({
  id: z.string(),
  model: z.string(),
  trigger: z.string(),
  status: RunStatus,
  config: z.record(z.string(), z.unknown()),
  seed: z.int(),
  progress: RunProgress.nullable(),
  /** What it learned from. */
  dataset: z
    .object({
      train: z.int(),
      validation: z.int(),
      exam: z.int(),
      subjects: z.object({ train: z.int(), validation: z.int(), exam: z.int() }),
      cut_at_step: z.int(),
    })
    .nullable(),
  version: z.int().nullable(),
  gate: GateReport.nullable(),
  error: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type RunView = z.infer<typeof RunView>;

/** An entry of `GET …/training-runs/{run}/events` (SSE; `id` is what Last-Event-ID takes). */
export const RunEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("status"), status: RunStatus, detail: z.string().optional() }),
  z.object({ type: z.literal("progress"), progress: RunProgress }),
  z.object({ type: z.literal("gate"), gate: GateReport, version: z.int() }),
]);
export type RunEvent = z.infer<typeof RunEvent>;
