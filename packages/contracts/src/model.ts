import { z } from "zod";

import { Classes } from "./labels.ts";
import { ModelName, text, VersionNumber } from "./names.ts";

export const RecipeName = z.enum(["image-classifier", "text-classifier"]);
export type RecipeName = z.infer<typeof RecipeName>;

/** How often an online model publishes what it learned. */
export const Pace = z.enum(["calm", "eager", "off"]);
export type Pace = z.infer<typeof Pace>;

/** What makes a model; defaults are the settings measured in `bench/`. */
export const ModelPut = z.strictObject({
  recipe: RecipeName,
  classes: Classes,
  /** Passed to the recipe, which checks it: widths, buckets, learning rates. */
  config: z.record(z.string(), z.unknown()).default({}),
  pace: Pace.default("calm"),
  /** Whether a prediction is stored before or after it is answered. */
  log_predictions: z.enum(["after", "before"]).default("after"),
  gate: z
    .strictObject({
      /** The least exam accuracy that a candidate must have. */
      min_accuracy: z.number().min(0).max(1).default(0),
      /** How much worse than the champion the lower bound may be (0.01 = one point). */
      margin: z.number().min(0).max(1).default(0),
      /** Fewer exam examples than this prove nothing: the gate stays shut. */
      min_examples: z.int().min(1).default(50),
      /** Nor do fewer people in the exam. */
      min_persons: z.int().min(1).default(5),
    })
    .prefault({}),
  /** Share of the people who are never learned from, and judged by at the gate. */
  exam_share: z.number().min(0).max(0.5).default(0.1),
  validation_share: z.number().min(0).max(0.5).default(0.1),
  /** Metrics of feedback that teach: all others are kept, and teach nothing. */
  teaching_metrics: z.array(text(64).min(1)).min(1).max(20).default(["correct", "helpful"]),
});
export type ModelPut = z.infer<typeof ModelPut>;

export const ModelView = z.object({
  id: z.string(),
  name: ModelName,
  recipe: RecipeName,
  classes: z.array(z.string()),
  config: z.record(z.string(), z.unknown()),
  pace: Pace,
  log_predictions: z.enum(["after", "before"]),
  gate: z.object({
    min_accuracy: z.number(),
    margin: z.number(),
    min_examples: z.int(),
    min_persons: z.int(),
  }),
  exam_share: z.number(),
  validation_share: z.number(),
  teaching_metrics: z.array(z.string()),
  champion: z.int().nullable(),
  /** Steps of online learning so far. */
  learned_through: z.int(),
  created_at: z.string(),
});
export type ModelView = z.infer<typeof ModelView>;

/** A share with its 95 % interval (Wilson). */
export const Proportion = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  n: z.int(),
});
export type Proportion = z.infer<typeof Proportion>;

/** Every figure is a mean over people, with its 95 % interval over people; null where nobody sat the exam. */
export const GateReport = z.object({
  passed: z.boolean(),
  candidate: Proportion.nullable(),
  champion: Proportion.nullable(),
  /** Candidate minus champion on the same examples. */
  difference: z.object({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
  /** People in the exam. */
  subjects: z.int(),
  /** Classes without a single exam example: nothing is known of them. (Absent in reports of older builds.) */
  missing_classes: z.array(z.string()).optional(),
  checks: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
});
export type GateReport = z.infer<typeof GateReport>;

export const VersionView = z.object({
  number: z.int(),
  kind: z.enum(["initial", "online", "batch"]),
  /** candidate: not judged yet · passed / refused: by its gate · snapshot: of the champion. */
  status: z.enum(["ready", "candidate", "passed", "refused"]),
  aliases: z.array(z.string()),
  parent: z.int().nullable(),
  /** Steps of online learning that it holds, counted from the model's first. */
  learned_through: z.int(),
  run_id: z.string().nullable(),
  artifact: z.object({ sha256: z.string(), bytes: z.int() }),
  /** What it learned from, with what, by which code: see DESIGN, promise 4. */
  lineage: z.record(z.string(), z.unknown()),
  gate: GateReport.nullable(),
  accuracy: Proportion.nullable(),
  created_at: z.string(),
});
export type VersionView = z.infer<typeof VersionView>;

export const AliasPut = z.strictObject({
  version: VersionNumber,
  reason: text(500).optional(),
});
export const AliasView = z.object({
  alias: z.string(),
  version: z.int(),
  /** Goes into If-Match: the alias moves only if nobody moved it since. */
  revision: z.int(),
});
export type AliasView = z.infer<typeof AliasView>;

export const RollbackPost = z.strictObject({ reason: text(500).optional() });

export const DeploymentView = z.object({
  alias: z.string(),
  from_version: z.int().nullable(),
  to_version: z.int(),
  reason: z.string(),
  at: z.string(),
});
