import { createLogger, createMetrics, readConfig, serveUntilSignal } from "@groundswell/bootstrap";
import { assertDurable, openDatabase } from "@groundswell/db";

import { Config } from "./config.ts";
import { buildServe } from "./serve.ts";

const config = readConfig(Config, process.env);
const logger = createLogger({ service: "serve", level: config.LOG_LEVEL });
const metrics = createMetrics({ service: "serve", key: config.METRICS_KEY });
const database = openDatabase(config.DATABASE_URL, { role: "request", name: "serve" });
const logDatabase = openDatabase(config.DATABASE_URL, { role: "worker", max: 4, name: "serve" });
await assertDurable(database);

const app = buildServe({
  database,
  logDatabase,
  redisUrl: config.REDIS_URL,
  artifacts: config.ARTIFACTS,
  prefix: config.QUEUE_PREFIX,
  logger,
  metrics,
  clock: Date.now,
  providers: config.PROVIDERS,
  limits: {
    modelsLoaded: config.MODELS_LOADED,
    pinnedLoaded: config.PINNED_LOADED,
    decoding: config.DECODING,
    logPending: config.LOG_PENDING,
  },
});
await serveUntilSignal(app, {
  host: config.HOST,
  port: config.PORT,
  closing: [database, logDatabase],
});
