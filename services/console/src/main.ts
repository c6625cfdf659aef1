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
import { connectJobs, openNews, trainModel } from "@groundswell/queue";

import { buildConsole } from "./build-console.ts";
import { Config } from "./config.ts";
import { modelMaker } from "./model-maker.ts";

const config = readConfig(Config, process.env);
const log = createLogger({ service: "console", level: config.LOG_LEVEL });
const tracing = await startTracing({
  service: "console",
  endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
});
const database = openDatabase(config.DATABASE_URL, { role: "request", max: 8, name: "console" });
await assertDurable(database);
const jobs = connectJobs(config.REDIS_URL, {
  prefix: config.QUEUE_PREFIX,
  onError: (err) => log.warn({ err }, "queueing a job"),
});
const news = openNews(config.REDIS_URL, { prefix: config.QUEUE_PREFIX });

const app = await buildConsole({
  database,
  artifacts: openArtifactStore(config.ARTIFACTS),
  models: modelMaker,
  notify: (channel, message) => news.tell(channel, [message]),
  enqueueRun: (run) => void jobs.enqueue(trainModel, run),
  clock: Date.now,
  newId: uuid7Generator(Date.now),
  randomBytes,
  log,
  metrics: createMetrics({ service: "console", key: config.METRICS_KEY }),
  tracing,
  checks: [postgresCheck(database)],
  webFolder: fileURLToPath(new URL("../web/dist", import.meta.url)),
});
await serveUntilSignal(app, {
  host: config.HOST,
  port: config.PORT,
  closing: [news, jobs, database, ...(tracing ? [tracing] : [])],
});
