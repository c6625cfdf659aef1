import {
  createHttpApp,
  type Logger,
  type Metrics,
  type ReadyCheck,
  type Tracing,
} from "@groundswell/bootstrap";
import { createFindCaller, findSession, readRunEvents, withProject } from "@groundswell/db";
import type { FastifyInstance } from "fastify";

import { contractRoutes } from "./contract-routes.ts";
import type { ConsoleDeps } from "./deps.ts";
import { addDocs } from "./docs-page.ts";
import { aliasRoutes } from "./routes/aliases.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { modelRoutes } from "./routes/models.ts";
import { operationRoutes } from "./routes/operations.ts";
import { projectRoutes } from "./routes/project.ts";
import { runEventRoutes } from "./routes/run-events.ts";
import { sessionRoutes } from "./routes/session.ts";
import { subjectRoutes } from "./routes/subjects.ts";
import { trainingRunRoutes } from "./routes/training-runs.ts";
import { versionRoutes } from "./routes/versions.ts";
import { createRunFeed, type WatchedRun } from "./run-feed.ts";
import { addWebPage } from "./web-page.ts";

export interface ConsoleOptions extends ConsoleDeps {
  log: Logger;
  metrics?: Metrics;
  tracing?: Tracing | undefined;
  checks?: readonly ReadyCheck[];
  /** Where the dashboard was built to. */
  webFolder: string;
  /** Whether each answer is held against its schema: for tests. */
  checkAnswers?: boolean;
  runPollMs?: number;
  heartbeatMs?: number;
}

const BODY_LIMIT = 1024 * 1024;
/** Events of a run that one read brings at most. */
const RUN_EVENTS = 500;

/** The control API of every project, its document, and the dashboard. */
export async function buildConsole(options: ConsoleOptions): Promise<FastifyInstance> {
  const { database, clock, log, metrics, tracing, checks } = options;
  const app = createHttpApp({
    logger: log,
    ...(metrics && { metrics }),
    ...(checks && { checks }),
    tracing,
    bodyLimit: BODY_LIMIT,
  });
  const findCaller = createFindCaller({ database, clock });
  const contract = contractRoutes(app, {
    findCaller,
    findSession: async (session) =>
      (await findSession(database, session, new Date(clock())))?.caller,
    checkAnswers: options.checkAnswers ?? false,
  });
  const feed = createRunFeed({ read: runReader(options), pollMs: options.runPollMs ?? 250 });

  modelRoutes(contract, options);
  versionRoutes(contract, options);
  aliasRoutes(contract, options);
  trainingRunRoutes(contract, options);
  runEventRoutes(app, contract, { ...options, feed, heartbeatMs: options.heartbeatMs ?? 15_000 });
  dashboardRoutes(contract, options);
  subjectRoutes(contract, options);
  operationRoutes(contract, options);
  projectRoutes(contract, options);
  sessionRoutes(app, contract, { ...options, findCaller });
  contract.assertComplete();

  await addDocs(app);
  await addWebPage(app, options.webFolder);
  return app;
}

const runReader =
  ({ database }: ConsoleOptions) =>
  async ({ projectId, runId }: WatchedRun, after: number) => {
    const reading = await withProject(database, projectId, (tx) =>
      readRunEvents(tx, { projectId, runId, after, limit: RUN_EVENTS }),
    );
    if (!reading) throw new Error(`Run ${runId} is gone`);
    return reading;
  };
