/**
 * Recipes, and the two ways in which their models learn: online, step by recorded step, and in
 * batches. Everything here computes on the thread that calls it, and blocks it.
 */
export type { Judgement } from "./batch/judge.ts";
export {
  type BatchProgress,
  type BatchTraining,
  trainBatch,
  type TrainedBatch,
} from "./batch/train.ts";
export { exampleOf, type Said, wasRight } from "./examples.ts";
export { bestOf } from "./forward.ts";
export { openLearner, restoreLearner } from "./online/learner.ts";
export type { WindowRules } from "./online/window.ts";
export { decodeLearner, readWeights, type SavedLearner, versionOfLearner } from "./online/saved.ts";
export { openPredictor } from "./predictor.ts";
export type {
  Example,
  ModelSettings,
  OnlineLearner,
  OnlineStep,
  Predictor,
  Recipe,
  VoiceSettings,
  WeightChanges,
  Weights,
} from "./recipe.ts";
export { recipes, voiceOf } from "./recipes/index.ts";
export { decodeWeights, encodeWeights, initialWeights } from "./weights.ts";
