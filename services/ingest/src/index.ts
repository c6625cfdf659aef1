import { createHttpApp, type Logger, type Metrics, openToBrowsers } from "@groundswell/bootstrap";
import { uuid7Generator } from "@groundswell/contracts";
import { createFindCaller, type Database, postgresCheck } from "@groundswell/db";
import { connectJobs, openNews } from "@groundswell/queue";
import type { FastifyInstance } from "fastify";

import { createAccept } from "./accept.ts";
import type { IngestDeps } from "./deps.ts";
import { createIngestMetrics } from "./metrics.ts";
import { createRateLimit } from "./rate-limit.ts";
import { takeBytes } from "./read-body.ts";
import { consentRoutes } from "./routes/consents.ts";
import { feedbackRoutes } from "./routes/feedback.ts";
import { trackingRoutes } from "./routes/tracking.ts";

export interface IngestOptions {
  /** As `accept`: puts batches into the inbox. */
  accepting: Database;
  /** As `request`: decisions about consent. */
  database: Database;
  redisUrl: string;
  /** Of jobs and channels. */
  prefix: string;
  itemsPerMinute: number;
  lingerMs: number;
  clock: () => Date;
  logger: Logger;
  metrics: Metrics;
}

export interface Ingest {
  app: FastifyInstance;
  /** After the app has closed: stores what waits. */
  close: () => Promise<void>;
}

/** Takes events, feedback and consent, and answers when they are on disk. Works without Redis. */
export async function buildIngest(options: IngestOptions): Promise<Ingest> {
  const { accepting, database, clock, logger, prefix, redisUrl } = options;
  const metrics = createIngestMetrics(options.metrics, () => accept.pending());
  const onError = (what: string) => (error: unknown) => {
    metrics.errors.labels(what).inc();
    logger.warn({ err: error }, what);
  };
  const jobs = connectJobs(redisUrl, { prefix, onError: onError("queueing a job") });
  const news = openNews(redisUrl, { prefix });
  const accept = createAccept({
    database: accepting,
    jobs,
    clock,
    lingerMs: options.lingerMs,
    onCommitted: (items) => metrics.accepted.inc(items),
    onError: onError("storing"),
  });
  const now = () => clock().getTime();
  const deps: IngestDeps = {
    accept,
    database,
    findCaller: createFindCaller({ database: accepting, clock: now }),
    rateLimit: createRateLimit({ perMinute: options.itemsPerMinute, clock: now }),
    news,
    clock,
    newId: uuid7Generator(now),
    onError: onError("storing"),
  };
  const app = buildApp(options, deps);
  return {
    app,
    close: async () => {
      await accept.close();
      await Promise.all([jobs.close(), news.close()]);
    },
  };
}

const MOST_BYTES = 64 * 1024;

function buildApp(
  { accepting, logger, metrics }: IngestOptions,
  deps: IngestDeps,
): FastifyInstance {
  const app = createHttpApp({
    logger,
    metrics,
    bodyLimit: MOST_BYTES,
    checks: [postgresCheck(accepting)],
    // Clients of the tracking API look for `code` and `message`.
    errorShape: (problem) =>
      problem.instance.startsWith("/v1/") ? { ...problem, message: problem.detail } : problem,
  });
  openToBrowsers(app);
  takeBytes(app);
  trackingRoutes(app, deps);
  feedbackRoutes(app, deps);
  consentRoutes(app, deps);
  return app;
}
