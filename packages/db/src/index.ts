/** PostgreSQL: connections and roles, migrations, and the stores that implement the domain's interfaces. */
export { createFindCaller, type FindCaller } from "./callers.ts";
export * from "./database.ts";
export * from "./migrate.ts";
export * from "./stores/predictions.ts";
export * from "./stores/projects.ts";
export * from "./stores/registry.ts";
export {
  createSession,
  createSignInCode,
  endSession,
  findSession,
  redeemSignInCode,
} from "./stores/sessions.ts";
export * from "./stores/runs.ts";
export { type FeedbackRecord, findFeedback } from "./stores/feedback-fate.ts";
export * from "./stores/live.ts";
export * from "./stores/operations.ts";
export * from "./stores/subjects.ts";
export * from "./stores/consent.ts";
export * from "./stores/events.ts";
export * from "./stores/feedback.ts";
export * from "./stores/inbox.ts";
export * from "./stores/ledger-append.ts";
export * from "./stores/maintenance.ts";
export * from "./stores/message-ids.ts";
export * from "./stores/prediction-facts.ts";
export * from "./stores/profiles.ts";
export * from "./stores/tallies.ts";
export * from "./stores/overview.ts";
export * from "./stores/learned-examples.ts";
export { isUnavailable } from "./unavailable.ts";
export { postgresCheck } from "./ready-check.ts";
export * from "./stores/dataset.ts";
export * from "./stores/run-lease.ts";
export {
  FenceLost,
  findModelsToLearn,
  type LearnerHold,
  releaseModel,
  renewModel,
  takeModel,
} from "./stores/learner-lease.ts";
export { inSteps } from "./stores/step-bounds.ts";
export * from "./stores/steps.ts";
export * from "./stores/assignments.ts";
export * from "./stores/checkpoints.ts";
