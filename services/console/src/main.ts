import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";

import {
  createLogger,
  createMetrics,
  readConfig,
  serveUntilSignal,
  startTracing,
} from "@groundswell/bootstrap";
import { uuid7Generator } from "@groundswell/contracts";
import { assertDurable, openDatabase, postgresCheck } from "@groundswell/db";
import { openArtifactStore } from "@groundswell/models";
import { connectJobs, trainModel } from "@groundswell/queue";

import { buildConsole } from "./build-console.ts";
import { Config } from "./config.ts";
import { modelMaker } from "./model-maker.ts";
import { connectNotifier } from "./notifier.ts";

const config = readConfig(Config, process.env);
const log = createLogger({ service: "console", level: config.LOG_LEVEL });
const tracing = await startTracing({
  service: "console",
  endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
});
const database = openDatabase(config.DATABASE_URL, { role: "request", max: 8, name: "console" });
await assertDurable(database);
const onError = (err: Error) => log.warn({ err }, "Redis");
const jobs = connectJobs(config.REDIS_URL, { prefix: config.QUEUE_PREFIX, onError });
const notifier = connectNotifier(config.REDIS_URL, { prefix: config.QUEUE_PREFIX, onError });

const app = await buildConsole({
  database,
  artifacts: openArtifactStore(config.ARTIFACTS),
  models: modelMaker,
  notify: notifier.notify,
  enqueueRun: (run) => void jobs.enqueue(trainModel, run),
  clock: Date.now,
  newId: uuid7Generator(Date.now),
  randomBytes,
  log,
  metrics: createMetrics({ service: "console" }),
  tracing,
  checks: [postgresCheck(database)],
  webFolder: fileURLToPath(new URL("../web/dist", import.meta.url)),
});
await serveUntilSignal(app, {
  host: config.HOST,
  port: config.PORT,
  closing: [notifier, jobs, database, ...(tracing ? [tracing] : [])],
});
