import { hostname, setPriority } from "node:os";

import { createLogger, createMetrics, readConfig, serveUntilSignal } from "@groundswell/bootstrap";
import { assertDurable, openDatabase } from "@groundswell/db";
import { openArtifactStore } from "@groundswell/models";
import { selfTest } from "@groundswell/onnx";

import { Config } from "./config.ts";
import { buildLearner } from "./index.ts";

const config = readConfig(Config, process.env);
setPriority(config.NICENESS);
selfTest();
const database = openDatabase(config.DATABASE_URL, { role: "worker", name: "learner", max: 4 });
await assertDurable(database);

const learner = buildLearner({
  database,
  artifacts: openArtifactStore(config.ARTIFACTS),
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
  holder: `${hostname()} ${process.pid} ${Date.now()}`,
  checkpointEveryMs: config.CHECKPOINT_EVERY_MS,
  leaseMs: config.LEASE_MS,
  idleMs: config.IDLE_MS,
  clock: () => new Date(),
  logger: createLogger({ service: "learner", level: config.LOG_LEVEL }),
  metrics: createMetrics({ service: "learner", key: config.METRICS_KEY }),
});
await serveUntilSignal(learner.app, {
  host: config.HOST,
  port: config.PORT,
  closing: [learner, database],
});
