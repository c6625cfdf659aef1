import { createLogger, createMetrics, readConfig, serveUntilSignal } from "@groundswell/bootstrap";
import { assertDurable, openDatabase } from "@groundswell/db";
import { exampleOf, wasRight } from "@groundswell/training/examples";

import { Config } from "./config.ts";
import { buildWorker } from "./index.ts";

const config = readConfig(Config, process.env);
const database = openDatabase(config.DATABASE_URL, { role: "worker", name: "worker", max: 6 });
const maintenance = openDatabase(config.DATABASE_URL, {
  role: "maintenance",
  name: "worker",
  max: 1,
});
await assertDurable(database);

const worker = buildWorker({
  database,
  maintenance,
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
  teaching: { exampleOf, wasRight },
  retention: {
    inboxDays: config.INBOX_DAYS,
    eventDays: config.EVENT_DAYS,
    predictionDays: config.PREDICTION_DAYS,
  },
  unmatchedAfterMs: config.UNMATCHED_AFTER_HOURS * 3_600_000,
  clock: () => new Date(),
  logger: createLogger({ service: "worker", level: config.LOG_LEVEL }),
  metrics: createMetrics({ service: "worker", key: config.METRICS_KEY }),
});
await serveUntilSignal(worker.app, {
  host: config.HOST,
  port: config.PORT,
  closing: [worker, database, maintenance],
});
