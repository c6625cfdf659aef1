/**
 * How many events a second are acknowledged, which means on disk, and how long that takes; beside
 * a route that only parses the same bodies. One process of each kind, the load in a third.
 *
 *     pnpm bench:accept [seconds] [rounds]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { createDatabase, migrateDatabase } from "@groundswell/db";
import { startLocal } from "@groundswell/local";

import { median, quantile, thousands } from "../quantiles.ts";
import { mainOf, root, startProcess } from "../service-process.ts";
import type { LoadOrder, LoadResult } from "./load.ts";
import { newProjectKey } from "./project-key.ts";

const [seconds = 4, rounds = 3] = process.argv.slice(2).map(Number);
const SIZES = [1, 15, 100];
const CONNECTIONS = 64;
const LOAD = new URL("load.ts", import.meta.url).href;

interface Round {
  eventsPerSecond: number;
  p50: number;
  p99: number;
}

const local = await startLocal({ checkout: root, name: "bench-accept", durable: false });
try {
  const databaseUrl = await createDatabase(local.databaseUrl, "bench_accept");
  await migrateDatabase(databaseUrl);
  const key = await newProjectKey(databaseUrl);
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: local.redisUrl,
    LOG_LEVEL: "warn",
    // The limit of a key is not what is measured here.
    INGEST_PER_MINUTE: "100000000",
  };
  const ingest = await startProcess(mainOf("ingest"), env);
  const bare = await startProcess(new URL("bare.ts", import.meta.url).href);
  try {
    console.log(`${CONNECTIONS} connections, ${rounds} rounds of ${seconds} s each, medians`);
    for (const origin of [bare.origin, ingest.origin]) await load(origin, key, 15, 1);
    console.table(await measureSizes(key, { bare: bare.origin, ingest: ingest.origin }));
  } finally {
    await Promise.all([ingest.stop(), bare.stop()]);
  }
} finally {
  await local.stop();
}

async function measureSizes(key: string, { bare, ingest }: { bare: string; ingest: string }) {
  const rows = [];
  for (const size of SIZES) {
    const parsed: Round[] = [];
    const accepted: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      parsed.push(await load(bare, key, size, seconds));
      accepted.push(await load(ingest, key, size, seconds));
    }
    const [ceiling, durable] = [parsed, accepted].map((all) =>
      median(all.map((round) => round.eventsPerSecond)),
    );
    rows.push({
      "events a request": size,
      "parsed only, events/s": thousands(ceiling ?? 0),
      "acknowledged, events/s": thousands(durable ?? 0),
      ratio: ((durable ?? 0) / (ceiling ?? 1)).toFixed(2),
      "p50 ms": median(accepted.map((round) => round.p50)).toFixed(1),
      "p99 ms": median(accepted.map((round) => round.p99)).toFixed(1),
    });
  }
  return rows;
}

async function load(
  origin: string,
  key: string,
  eventsPerRequest: number,
  forSeconds: number,
): Promise<Round> {
  const child = fork(fileURLToPath(LOAD), { execArgv: [] });
  const order: LoadOrder = {
    origin,
    key,
    eventsPerRequest,
    connections: CONNECTIONS,
    seconds: forSeconds,
  };
  child.send(order);
  const [result] = (await once(child, "message")) as [LoadResult];
  return {
    eventsPerSecond: (result.requests * eventsPerRequest) / result.seconds,
    p50: median(result.latenciesMs),
    p99: quantile(result.latenciesMs, 0.99),
  };
}
