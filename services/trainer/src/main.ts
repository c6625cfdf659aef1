import { hostname, setPriority } from "node:os";

import { createLogger, createMetrics, readConfig, serveUntilSignal } from "@groundswell/bootstrap";
import { assertDurable, openDatabase } from "@groundswell/db";
import { openArtifactStore } from "@groundswell/models";

import { Config } from "./config.ts";
import { buildTrainer } from "./index.ts";

const config = readConfig(Config, process.env);
setPriority(config.NICENESS);
const database = openDatabase(config.DATABASE_URL, { role: "worker", name: "trainer", max: 3 });
await assertDurable(database);

const trainer = buildTrainer({
  database,
  artifacts: openArtifactStore(config.ARTIFACTS),
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
  holder: `${hostname()} ${process.pid} ${Date.now()}`,
  threads: config.TRAINING_THREADS,
  providers: config.PROVIDERS,
  clock: () => new Date(),
  logger: createLogger({ service: "trainer", level: config.LOG_LEVEL }),
  metrics: createMetrics({ service: "trainer", key: config.METRICS_KEY }),
});
await serveUntilSignal(trainer.app, {
  host: config.HOST,
  port: config.PORT,
  closing: [trainer, database],
});
