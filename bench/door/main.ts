/**
 * What slow senders without a key and idle event streams cost everybody else: the latency of normal
 * requests through the front door without them and beside them, in turns, and what the processes
 * hold.
 *
 *     pnpm bench:door [seconds] [rounds] [slow connections] [event streams]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { createDatabase, migrateDatabase } from "@groundswell/db";
import { startLocal } from "@groundswell/local";

import type { LoadOrder, LoadResult } from "../accept/load.ts";
import { newProjectKey } from "../accept/project-key.ts";
import { median, quantile, thousands } from "../quantiles.ts";
import { mainOf, root, type ServiceProcess, startProcess } from "../service-process.ts";
import type { CrowdOrder, CrowdReport } from "./crowd-process.ts";

const [seconds = 10, rounds = 3, slow = 2_000, streams = 1_000] = process.argv.slice(2).map(Number);
const CONNECTIONS = 8;
/** 100 requests a second of each kind: an app on a quiet day, far from what the machine can do. */
const EVERY_MS = 80;
/** Posts wait for the disk; reads of the console do not. */
const KINDS = { "posts of 15 events": undefined, reads: "/api/v1/project" } as const;
const EVENTS_A_REQUEST = 15;
const SETTLE_MS = 3_000;
const WARM_S = 10;

type Kind = keyof typeof KINDS;

/** Of each kind, latencies in milliseconds. */
type Measured = Record<Kind, { p50: number; p99: number; requests: number }>;

const kinds = Object.keys(KINDS) as Kind[];

interface Row {
  round: number;
  calm: Measured;
  beside: Measured;
  /** MiB of each process. */
  before: Record<string, number>;
  held: Record<string, number>;
  there: CrowdReport;
}

const local = await startLocal({ checkout: root, name: "bench-door", durable: false });
try {
  const databaseUrl = await createDatabase(local.databaseUrl, "bench_door");
  await migrateDatabase(databaseUrl);
  const key = await newProjectKey(databaseUrl);
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: local.redisUrl,
    LOG_LEVEL: "error",
    ARTIFACTS: `${local.dir}/artifacts`,
    INGEST_PER_MINUTE: "100000000",
  };
  const ingest = await startProcess(mainOf("ingest"), env);
  const console_ = await startProcess(mainOf("console"), env);
  const door = await startProcess(new URL("../../scripts/door.ts", import.meta.url).href, {
    INGEST: ingest.origin,
    SERVE: console_.origin,
    CONSOLE: console_.origin,
    PORT: "0",
  });
  try {
    await measure({ door, ingest, console: console_ }, key);
  } finally {
    await Promise.all([door.stop(), ingest.stop(), console_.stop()]);
  }
} finally {
  await local.stop();
}

async function measure(services: Record<string, ServiceProcess>, key: string): Promise<void> {
  const origin = services["door"]?.origin ?? "";
  const target = await newRun(origin, key);
  console.log(
    `${thousands((CONNECTIONS * 1_000) / EVERY_MS)} requests a second of each kind, ${rounds} rounds of ${seconds} s each way; beside them ${thousands(slow)} slow connections and ${thousands(streams)} event streams`,
  );
  await load(origin, key, WARM_S);
  const rows: Row[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const before = memory(services);
    const calm = await load(origin, key, seconds);
    const crowd = await gather({ origin, key, target, slow, streams });
    await delay(SETTLE_MS);
    const beside = await load(origin, key, seconds);
    const held = memory(services);
    const there = await leave(crowd);
    rows.push({ round, calm, beside, before, held, there });
  }
  console.table(
    rows.flatMap(({ round, calm, beside }) =>
      kinds.map((kind) => ({
        round,
        requests: kind,
        "p50 ms": calm[kind].p50.toFixed(2),
        "beside ms": beside[kind].p50.toFixed(2),
        "p99 ms": calm[kind].p99.toFixed(2),
        "p99 beside ms": beside[kind].p99.toFixed(2),
        ratio: (beside[kind].p99 / calm[kind].p99).toFixed(2),
        answered: thousands(calm[kind].requests + beside[kind].requests),
      })),
    ),
  );
  console.table(
    rows.map(({ round, there, held }) => ({
      round,
      "slow, open": there.slowOpen,
      "slow, sent away": there.slowCut,
      "streams, open": there.streamsOpen,
      "streams, cut": there.streamsCut,
      "door, MiB": held["door"]?.toFixed(0),
    })),
  );
  console.table(
    Object.keys(services).map((name) => ({
      "MiB of": name,
      "before all": (rows[0]?.before[name] ?? 0).toFixed(0),
      beside: median(rows.map(({ held }) => held[name] ?? 0)).toFixed(0),
      most: Math.max(...rows.map(({ held }) => held[name] ?? 0)).toFixed(0),
    })),
  );
  for (const kind of kinds) {
    const ratio = median(rows.map(({ calm, beside }) => beside[kind].p99 / calm[kind].p99));
    console.log(`p99 of ${kind} beside them: ${ratio.toFixed(2)} times, the median`);
  }
}

/** A run that nobody works at: its event stream is silent. */
async function newRun(origin: string, key: string): Promise<string> {
  const ask = async (method: string, path: string, body: object) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await fetch(`${origin}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
    return (await answer.json()) as { id: string };
  };
  const model = "/api/v1/models/watched";
  await ask("PUT", model, { recipe: "text-classifier", classes: ["a", "b"] });
  const { id } = await ask("POST", `${model}/training-runs`, {});
  return `${model}/training-runs/${id}/events`;
}

async function load(origin: string, key: string, forSeconds: number): Promise<Measured> {
  const all = await Promise.all(kinds.map((kind) => loadOf(kind, origin, key, forSeconds)));
  return Object.fromEntries(all) as Measured;
}

async function loadOf(kind: Kind, origin: string, key: string, forSeconds: number) {
  const child = fork(fileURLToPath(new URL("../accept/load.ts", import.meta.url)), {
    execArgv: [],
  });
  const get = KINDS[kind];
  const order: LoadOrder = {
    origin,
    key,
    eventsPerRequest: EVENTS_A_REQUEST,
    connections: CONNECTIONS,
    seconds: forSeconds,
    everyMs: EVERY_MS,
    ...(get !== undefined && { get }),
  };
  child.send(order);
  const [{ latenciesMs, requests }] = (await once(child, "message")) as [LoadResult];
  return [kind, { p50: median(latenciesMs), p99: quantile(latenciesMs, 0.99), requests }];
}

async function gather(order: CrowdOrder): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL("crowd-process.ts", import.meta.url)), { execArgv: [] });
  child.send(order);
  await once(child, "message");
  return child;
}

async function leave(crowd: ChildProcess): Promise<CrowdReport> {
  crowd.send("leave");
  const [report] = (await once(crowd, "message")) as [CrowdReport];
  await once(crowd, "exit");
  return report;
}

/** MiB that each process holds in memory (Linux). */
function memory(services: Record<string, ServiceProcess>): Record<string, number> {
  const ofOne = ({ pid }: ServiceProcess) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
  };
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => [name, ofOne(service)]),
  );
}
