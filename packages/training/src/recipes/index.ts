import type { RecipeName } from "@groundswell/contracts";

import type { Architecture, ModelSettings, Recipe, VoiceSettings } from "../recipe.ts";
import { imageClassifier } from "./image-classifier/index.ts";
import { textClassifier } from "./text-classifier/index.ts";

/** Every kind of model that there is. */
export const recipes: Readonly<Record<RecipeName, Recipe>> = {
  "image-classifier": imageClassifier,
  "text-classifier": textClassifier,
};

/** @throws ZodError for a config that the recipe refuses */
export const architectureOf = (settings: ModelSettings): Architecture =>
  recipes[settings.recipe].architecture(settings);

/** How much one person may say. @throws ZodError for a config that the recipe refuses */
export const voiceOf = ({ recipe, config }: ModelSettings): VoiceSettings =>
  recipes[recipe].config.parse(config).online.voice;
