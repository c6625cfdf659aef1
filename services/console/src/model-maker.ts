import type { ModelRecord } from "@groundswell/models";
import { encodeWeights, initialWeights, recipes, versionOfLearner } from "@groundswell/training";
import { z } from "zod";

type Settings = Pick<ModelRecord, "recipe" | "classes" | "config" | "seed">;

/** What the console needs of the recipes: it neither predicts nor learns. */
export interface ModelMaker {
  /**
   * @returns a model's config whole, with defaults
   * @throws ZodError whose paths begin with `config`
   */
  readConfig: (recipe: ModelRecord["recipe"], config: unknown) => Record<string, unknown>;
  /**
   * @returns what a run sets over its model's config, and nothing else
   * @throws ZodError whose paths begin with `config`
   */
  readRunConfig: (
    recipe: ModelRecord["recipe"],
    config: Record<string, unknown>,
  ) => Record<string, unknown>;
  /** The artifact of a model's first version: seeded random weights. */
  initialArtifact: (settings: Settings) => Uint8Array;
  /** The artifact of a version with the weights of a learner's checkpoint. */
  checkpointArtifact: (checkpoint: Uint8Array) => Uint8Array;
}

export const modelMaker: ModelMaker = {
  readConfig: (recipe, config) => readAt("config", recipes[recipe].config, config),
  readRunConfig: (recipe, config) => readAt("config", recipes[recipe].runConfig, config),
  initialArtifact: (settings) => encodeWeights(settings, initialWeights(settings)),
  checkpointArtifact: versionOfLearner,
};

function readAt<T>(field: string, schema: z.ZodType<T>, value: unknown): T {
  return z.object({ [field]: schema }).parse({ [field]: value })[field] as T;
}
