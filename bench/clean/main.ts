/**
 * How many events a second the worker takes from a full inbox: from accepted to cleaned and counted;
 * one in seven is feedback that is joined to its prediction and becomes an example. The worker is a
 * process of its own.
 *
 *     pnpm bench:clean [events] [rounds]
 */
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync } from "node:zlib";

import {
  createDatabase,
  type Database,
  insertInbox,
  migrateDatabase,
  openDatabase,
} from "@groundswell/db";
import { envelopeLine } from "@groundswell/feedback";
import { startLocal } from "@groundswell/local";
import { cleanInbox, connectJobs } from "@groundswell/queue";

import { FEEDBACK_SHARE, someBatch } from "../accept/events.ts";
import { median, thousands } from "../quantiles.ts";
import { mainOf, root, startProcess } from "../service-process.ts";
import { predictedProject } from "./predicted-project.ts";

const [events = 60_000, rounds = 3] = process.argv.slice(2).map(Number);
/** As ingest writes them under load: many requests of 15 events in one row. */
const REQUESTS_A_ROW = 20;
const EVENTS_A_REQUEST = 15;
const EVENTS_A_ROW = REQUESTS_A_ROW * EVENTS_A_REQUEST;
const LOOK_EVERY_MS = 20;

const local = await startLocal({ checkout: root, name: "bench-clean", durable: false });
try {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const perSecond = await drain(`bench_clean_${round}`);
    console.log(`round ${round + 1}: ${thousands(perSecond)} events/s`);
    rates.push(perSecond);
  }
  console.log(
    `${thousands(median(rates))} events/s from inbox to processed (median of ${rounds} rounds of ${thousands(events)} events, one worker)`,
  );
} finally {
  await local.stop();
}

async function drain(name: string): Promise<number> {
  const databaseUrl = await createDatabase(local.databaseUrl, name);
  await migrateDatabase(databaseUrl);
  const accept = openDatabase(databaseUrl, { role: "accept", max: 2 });
  const watch = openDatabase(databaseUrl, { role: "maintenance", max: 1 });
  const jobs = connectJobs(local.redisUrl, { prefix: name });
  try {
    const env = { DATABASE_URL: databaseUrl, REDIS_URL: local.redisUrl, QUEUE_PREFIX: name };
    const rows = await fill(databaseUrl, accept);
    const worker = await startProcess(mainOf("worker"), { ...env, LOG_LEVEL: "warn" });
    const began = performance.now();
    for (const inboxId of rows)
      await jobs.enqueue(cleanInbox, { inboxIds: [inboxId], items: EVENTS_A_ROW });
    await untilEmpty(watch);
    const tookMs = performance.now() - began;
    await worker.stop();
    return (rows.length * EVENTS_A_ROW) / (tookMs / 1_000);
  } finally {
    await jobs.close();
    await Promise.all([accept.close(), watch.close()]);
  }
}

async function fill(databaseUrl: string, accept: Database): Promise<number[]> {
  const { projectId, predictions } = await predictedProject(
    databaseUrl,
    // A fifth more than will likely be asked for.
    Math.ceil(events * FEEDBACK_SHARE * 1.2),
  );
  const unused = predictions.values();
  const nextPrediction = () => {
    const { value } = unused.next();
    if (!value) throw new Error("more feedback than predictions");
    return value;
  };
  const ids: number[] = [];
  for (let row = 0; row < Math.ceil(events / EVENTS_A_ROW); row += 1) {
    const lines = Array.from({ length: REQUESTS_A_ROW }, () =>
      envelopeLine(
        { kind: "tracking", key: "write" },
        Buffer.from(JSON.stringify(someBatch(EVENTS_A_REQUEST, nextPrediction))),
      ),
    );
    const group = { projectId, items: EVENTS_A_ROW, body: zstdCompressSync(Buffer.concat(lines)) };
    ids.push(...(await insertInbox(accept, [group], new Date())));
  }
  return ids;
}

async function untilEmpty(database: Database): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ waiting: boolean }>(
      "select exists (select from inbox where processed_at is null) as waiting",
    );
    if (!row?.waiting) return;
    await delay(LOOK_EVERY_MS);
  }
}
