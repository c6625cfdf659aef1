import { createHttpApp, type Logger, type Metrics } from "@groundswell/bootstrap";
import { CHANNELS, uuid7Generator } from "@groundswell/contracts";
import { type Database, postgresCheck, type Retention } from "@groundswell/db";
import type { Teaching } from "@groundswell/feedback";
import { cleanInbox, openNews, runWorker } from "@groundswell/queue";
import type { FastifyInstance } from "fastify";

import { createCleaner } from "./clean/clean-inbox.ts";
import { startMaintenance } from "./maintain.ts";
import { createWorkerMetrics } from "./metrics.ts";
import { startRelook } from "./relook.ts";
import { startOverdueSweeper } from "./sweep-overdue.ts";

export { maintain } from "./maintain.ts";

export interface WorkerDeps {
  /** As `worker`. */
  database: Database;
  /** As `maintenance`. */
  maintenance: Database;
  redisUrl: string;
  /** Of jobs and channels. */
  prefix: string;
  teaching: Teaching;
  retention: Retention;
  unmatchedAfterMs: number;
  clock: () => Date;
  logger: Logger;
  metrics: Metrics;
}

export interface Worker {
  /** Health and metrics. */
  app: FastifyInstance;
  /** Finishes what is under way. */
  close: () => Promise<void>;
}

/** Batches that may wait for a transaction in this process; jobs beyond that wait in Redis. */
const CONCURRENCY = 64;

/** Cleans what was accepted: from the inbox to events, profiles and examples. */
export function buildWorker(deps: WorkerDeps): Worker {
  const { database, clock, logger, prefix, redisUrl, teaching } = deps;
  const metrics = createWorkerMetrics(deps.metrics);
  const news = openNews(redisUrl, { prefix });
  const onError = (what: string) => (error: unknown) => {
    metrics.errors.labels(what).inc();
    logger.warn({ err: error }, what);
  };

  const relook = startRelook({
    database,
    teaching,
    clock,
    unmatchedAfterMs: deps.unmatchedAfterMs,
    onJoined: (models) => news.tell(CHANNELS.ledger, models),
    onError: onError("looking again at waiting feedback"),
  });
  const cleaner = createCleaner({
    database,
    teaching,
    clock,
    newId: uuid7Generator(() => clock().getTime()),
    onCleaned: ({ items, models, waiting }) => {
      metrics.items.inc(items);
      news.tell(CHANNELS.ledger, models);
      if (waiting) relook.soon();
    },
    onFailed: ({ error, ...failure }) => {
      metrics.errors.labels(failure.dead ? "dead letter" : "cleaning").inc();
      logger.error({ err: error, ...failure }, "a batch of the inbox can't be cleaned");
    },
  });
  // What a worker before this one left waiting.
  relook.soon();

  const queue = runWorker(
    { cleanInbox },
    { cleanInbox: cleaner.clean },
    { redisUrl, prefix, concurrency: CONCURRENCY, onError: onError("job queue") },
  );
  const overdue = startOverdueSweeper({ database, cleaner, clock, onError: onError("sweeping") });
  const maintenance = startMaintenance({
    database: deps.maintenance,
    clock,
    retention: deps.retention,
    onDone: (done) => logger.info(done, "maintenance"),
    onError: onError("maintenance"),
  });

  const app = createHttpApp({
    logger,
    metrics: deps.metrics,
    bodyLimit: 1_024,
    checks: [postgresCheck(database)],
  });
  return {
    app,
    close: async () => {
      await queue.close();
      await Promise.all([overdue.close(), maintenance.close(), relook.close()]);
      await cleaner.close();
      await news.close();
    },
  };
}
