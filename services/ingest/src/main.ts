import { createLogger, createMetrics, readConfig, serveUntilSignal } from "@groundswell/bootstrap";
import { assertDurable, openDatabase } from "@groundswell/db";

import { Config } from "./config.ts";
import { buildIngest } from "./index.ts";

const config = readConfig(Config, process.env);
const accepting = openDatabase(config.DATABASE_URL, { role: "accept", name: "ingest", max: 3 });
const database = openDatabase(config.DATABASE_URL, { role: "request", name: "ingest", max: 4 });
await assertDurable(accepting);

const ingest = await buildIngest({
  accepting,
  database,
  redisUrl: config.REDIS_URL,
  prefix: config.QUEUE_PREFIX,
  itemsPerMinute: config.INGEST_PER_MINUTE,
  lingerMs: config.INGEST_LINGER_MS,
  clock: () => new Date(),
  logger: createLogger({ service: "ingest", level: config.LOG_LEVEL }),
  metrics: createMetrics({ service: "ingest", key: config.METRICS_KEY }),
});
await serveUntilSignal(ingest.app, {
  host: config.HOST,
  port: config.PORT,
  closing: [ingest, accepting, database],
});
