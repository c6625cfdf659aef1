/** PostgreSQL: connections and roles, migrations, and the stores that implement the domain's interfaces. */
export { createFindCaller, type FindCaller } from "./callers.ts";
export * from "./database.ts";
export * from "./migrate.ts";
export * from "./stores/predictions.ts";
export * from "./stores/projects.ts";
export * from "./stores/registry.ts";
export * from "./stores/runs.ts";
export { type FeedbackRecord, findFeedback } from "./stores/feedback-fate.ts";
export * from "./stores/live.ts";
export * from "./stores/operations.ts";
export * from "./stores/subjects.ts";
