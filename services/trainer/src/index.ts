import { createHttpApp, type Logger, type Metrics } from "@groundswell/bootstrap";
import { type Database, postgresCheck } from "@groundswell/db";
import type { ArtifactStore } from "@groundswell/models";
import type { Provider } from "@groundswell/onnx";
import { runWorker, startSweeper, trainModel } from "@groundswell/queue";
import type { FastifyInstance } from "fastify";
import { Counter } from "prom-client";

import { createRunWorker } from "./work.ts";

export interface TrainerDeps {
  /** As `worker`. */
  database: Database;
  artifacts: ArtifactStore;
  redisUrl: string;
  prefix: string;
  /** Tells this process from other trainers. */
  holder: string;
  threads: number;
  /** Where models train: the first of them that this machine has. Default: the CPU. */
  providers?: readonly Provider[];
  clock: () => Date;
  logger: Logger;
  metrics: Metrics;
}

export interface Trainer {
  /** Health and metrics. */
  app: FastifyInstance;
  /** Gives the run under way back: another trainer begins it anew. */
  close: () => Promise<void>;
}

/** Runs are found without the queue too, which may be lost. */
const LOOK_EVERY_MS = 1_000;

/** Fine-tunes: takes runs one by one, trains a candidate, judges it, registers it. */
export function buildTrainer(deps: TrainerDeps): Trainer {
  const { logger, redisUrl, prefix } = deps;
  const runs = new Counter({
    name: "training_runs_total",
    help: "Training runs that ended here, by how.",
    labelNames: ["status"] as const,
    registers: [deps.metrics.registry],
  });
  const fallbacks = new Counter({
    name: "training_provider_fallbacks_total",
    help: "Sessions that were opened on another provider than was wanted, by the one passed over.",
    labelNames: ["provider"] as const,
    registers: [deps.metrics.registry],
  });
  const worker = createRunWorker({
    ...deps,
    providers: deps.providers ?? ["cpu"],
    onEnded: (status) => runs.labels(status).inc(),
    onFallback: (fallback) => {
      fallbacks.labels(fallback.provider).inc();
      logger.warn(fallback, "training doesn't run on the provider that was wanted");
    },
  });
  const sweeper = startSweeper({
    restMs: () => LOOK_EVERY_MS,
    work: worker.next,
    onError: (error) => logger.warn({ err: error }, "looking for training runs"),
  });
  const queue = runWorker(
    { trainModel },
    { trainModel: async () => sweeper.wake() },
    {
      redisUrl,
      prefix,
      concurrency: 1,
      onError: (error) => logger.warn({ err: error }, "job queue"),
    },
  );
  const app = createHttpApp({
    logger,
    metrics: deps.metrics,
    bodyLimit: 1_024,
    checks: [postgresCheck(deps.database)],
  });
  return {
    app,
    close: async () => {
      worker.stop();
      await Promise.all([queue.close(), sweeper.close()]);
    },
  };
}
