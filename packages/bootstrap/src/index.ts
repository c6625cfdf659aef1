/** What every service needs and none is about: configuration, logs, metrics, health, draining. */
export { ConfigError, readConfig } from "./config.ts";
export {
  type GroupCommit,
  groupCommit,
  type GroupCommitOptions,
  GroupsFull,
} from "./group-commit.ts";
export type { ReadyCheck } from "./health.ts";
export { createHttpApp, type HttpAppOptions } from "./http-app.ts";
export { createLogger, type Logger } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { answerFor, type Problem, type ProblemIssue } from "./problem.ts";
export { openToBrowsers } from "./open-to-browsers.ts";
export { readJson, withoutMark } from "./read-json.ts";
export { serveUntilSignal, type ServeOptions } from "./serve-until-signal.ts";
export { startTracing, type Tracing } from "./tracing.ts";
