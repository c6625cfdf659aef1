import type { ModelRecord } from "@groundswell/models";

/** What the console needs of the recipes: it neither predicts nor learns. */
export interface ModelMaker {
  /** @returns the settings whole, with defaults; throws a ZodError whose paths begin with `config` */
  readConfig: (recipe: ModelRecord["recipe"], config: unknown) => Record<string, unknown>;
  /** The same of a training run's settings. */
  readRunConfig: (model: ModelRecord, config: unknown) => Record<string, unknown>;
  /** The first version of a model: seeded random weights. */
  initialVersion: (
    model: Pick<ModelRecord, "recipe" | "classes" | "config" | "seed">,
  ) => Promise<{ content: Uint8Array; lineage: Record<string, unknown> }>;
  /** A version from what the learner saved: its weights, without the rest of its state. */
  versionOfCheckpoint: (
    model: Pick<ModelRecord, "recipe" | "classes" | "config" | "seed">,
    checkpoint: Uint8Array,
  ) => Uint8Array;
}
