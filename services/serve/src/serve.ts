import { setTimeout as delay } from "node:timers/promises";

import { createHttpApp, type Logger, type Metrics, openToBrowsers } from "@groundswell/bootstrap";
import { channelNames, uuid7Generator } from "@groundswell/contracts";
import {
  createFindCaller,
  type Database,
  findPrediction,
  insertPredictions,
  isUnavailable,
  withProject,
} from "@groundswell/db";
import type { Provider } from "@groundswell/onnx";
import type { FastifyInstance } from "fastify";

import { bounded } from "./bounded.ts";
import { createModelDirectory, type ModelDirectory } from "./model-directory.ts";
import { openModelNews } from "./model-news.ts";
import { createPredict } from "./predict.ts";
import { createPredictionLog, type PredictionLog } from "./prediction-log.ts";
import { openPredictorPool, type PredictorPool } from "./predictor-pool.ts";
import { createRegistryReader } from "./registry-reader.ts";
import { addPredictionRoutes } from "./routes/predictions.ts";
import { createServeMetrics, type ServeMetrics } from "./serve-metrics.ts";
import { storeInput } from "./store-input.ts";

export interface ServeDeps {
  /** As `request`. */
  database: Database;
  /** As `worker`: a commit group of predictions mixes projects. */
  logDatabase: Database;
  redisUrl: string;
  /** Folder of the artifact store. */
  artifacts: string;
  prefix: string;
  logger: Logger;
  metrics: Metrics;
  clock: () => number;
  limits: ServeLimits;
  /** Where models run: the first of them that this machine has. Default: the CPU. */
  providers?: readonly Provider[];
}

export interface ServeLimits {
  modelsLoaded: number;
  pinnedLoaded: number;
  /** Inputs that are decoded at the same time. */
  decoding: number;
  /** Predictions that may wait to be stored. */
  logPending: number;
}

/** Room for a picture of 1 MiB in base64, and for a text long enough to be refused with its reason. */
const BODY_LIMIT = 8 * 1024 * 1024;
const MOST_WAITING_TO_DECODE = 1_000;
const LOG_RETRY_MS = 30_000;
/** Frames of another version's line come many times a second while a promotion goes round. */
const LOOK_AGAIN_MS = 100;
/** A key that was valid goes on so long while PostgreSQL is away, as the models in memory do. */
const STALE_KEY_MS = 60_000;

/** The prediction service. Closing the app stores what was answered, and ends the predicting thread. */
export function buildServe(deps: ServeDeps): FastifyInstance {
  const { database, logger, clock, limits } = deps;
  const directory = createModelDirectory(createRegistryReader(database), clock);
  const decoding = bounded({ atOnce: limits.decoding, mostWaiting: MOST_WAITING_TO_DECODE });
  const metrics = createServeMetrics(deps.metrics, {
    logPending: () => log.pending(),
    decodingWaits: decoding.waiting,
  });
  const log = openLog(deps, metrics);
  const { pool, news } = openModels(deps, metrics, directory);

  const app = createHttpApp({
    logger,
    metrics: deps.metrics,
    bodyLimit: BODY_LIMIT,
    // Without PostgreSQL and Redis it goes on for a while: they are not what it is ready by.
    checks: [{ name: "models", check: () => assertAlive(pool) }],
  });
  openToBrowsers(app);
  addPredictionRoutes(app, {
    findCaller: createFindCaller({ database, clock, staleMs: STALE_KEY_MS }),
    predict: createPredict({
      directory,
      pool,
      log,
      storeInput,
      decoding,
      findLogged: (projectId, id) =>
        withProject(database, projectId, (tx) => findPrediction(tx, projectId, id)),
      isUnavailable,
      clock,
      newId: uuid7Generator(clock),
    }),
  });
  app.addHook("onClose", async () => {
    await log.close();
    await Promise.all([news.close(), pool.close()]);
  });
  return app;
}

async function assertAlive(pool: PredictorPool): Promise<void> {
  if (!pool.alive()) throw new Error("the predicting thread is being replaced");
}

function openLog(
  { logDatabase, limits, clock, logger }: ServeDeps,
  metrics: ServeMetrics,
): PredictionLog {
  return createPredictionLog({
    insert: (rows) => insertPredictions(logDatabase, rows),
    maySucceedLater: isUnavailable,
    mostPending: limits.logPending,
    retryForMs: LOG_RETRY_MS,
    clock,
    delay: (ms) => delay(ms),
    onLost: (rows, error) => {
      metrics.lost(rows);
      logger.error({ err: error, rows }, "predictions were answered and could not be stored");
    },
  });
}

/** The models, and whoever tells that one of them changed. */
function openModels(deps: ServeDeps, metrics: ServeMetrics, directory: ModelDirectory) {
  const { artifacts, clock, database, limits, logger, prefix, redisUrl } = deps;
  const { providers = ["cpu"] } = deps;
  const pool = openPredictorPool({
    thread: { artifacts, redisUrl, prefix, providers },
    mostModels: limits.modelsLoaded,
    mostPinned: limits.pinnedLoaded,
    clock,
    newestCheckpoint: createRegistryReader(database).newestCheckpoint,
    onTrouble: (reason, modelId) => {
      metrics.trouble();
      logger.error({ modelId, reason }, "weights could not be taken");
    },
    onFrame: ({ modelId, what }) => {
      metrics.frame(what);
      // The learner may know of a promotion before this process does.
      if (what !== "wrong_base" || clock() - (lookedAt.get(modelId) ?? 0) < LOOK_AGAIN_MS) return;
      lookedAt.set(modelId, clock());
      void lookAgain(modelId);
    },
    onBatch: metrics.batch,
    onFallback: (fallback) => {
      metrics.fallback(fallback.provider);
      logger.warn(fallback, "a model doesn't run on the provider that was wanted");
    },
  });
  const lookedAt = new Map<string, number>();
  const lookAgain = async (modelId: string) => {
    try {
      const entry = await directory.refresh(modelId);
      if (entry) await pool.prepare(entry);
    } catch (error) {
      // The next request looks again; until then what is held goes on.
      logger.warn({ err: error, modelId }, "a model that changed could not be read");
    }
  };
  const news = openModelNews(redisUrl, channelNames(prefix), (modelId) => void lookAgain(modelId));
  return { pool, news };
}
