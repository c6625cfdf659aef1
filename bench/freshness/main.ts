/**
 * The whole loop in its real processes: how long after its acknowledgement a feedback is in the
 * weights that answer, at 200 events/s, at both paces, and where that time goes.
 *
 *     pnpm bench:freshness [events/s] [seconds]
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { createDatabase, migrateDatabase } from "@groundswell/db";
import { startLocal } from "@groundswell/local";
import { openServingWorld } from "@groundswell/serve/testing";

import { settings } from "../predict/bench-model.ts";
import { quantile } from "../quantiles.ts";
import { mainOf, root, type ServiceProcess, startProcess } from "../service-process.ts";
import { runCrowd, type Seen } from "./crowd.ts";
import { type Journey, journeys, readLearned } from "./hops.ts";

const [perSecond = 200, seconds = 30] = process.argv.slice(2).map(Number);
const WARM_UP_SECONDS = 5;

const local = await startLocal({ checkout: root, name: "bench-freshness", durable: false });
try {
  console.log(`${perSecond} feedbacks/s for ${seconds} s at each pace; milliseconds`);
  for (const pace of ["calm", "eager"] as const) await measure(pace);
} finally {
  await local.stop();
}

async function measure(pace: "calm" | "eager"): Promise<void> {
  const name = `bench_${randomBytes(4).toString("hex")}`;
  const databaseUrl = await createDatabase(local.databaseUrl, name);
  await migrateDatabase(databaseUrl);
  const artifacts = join(local.dir, name);
  mkdirSync(artifacts, { recursive: true });
  const world = openServingWorld({
    databaseUrl,
    redisUrl: local.redisUrl,
    prefix: name,
    artifacts,
  });
  const project = await world.newProject();
  const model = await world.newModel(project.projectId, "digits", {
    pace,
    config: settings.config,
  });
  await model.addVersion(0);
  await model.moveChampion(1);

  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: local.redisUrl,
    ARTIFACTS: artifacts,
    QUEUE_PREFIX: name,
    LOG_LEVEL: "warn",
  };
  const start = (service: string) => startProcess(mainOf(service), env);
  const ingest = await start("ingest");
  const worker = await start("worker");
  const learner = await start("learner");
  const serve = await start("serve");
  const services = { ingest, worker, learner, serve };
  try {
    const crowd = {
      serve: serve.origin,
      ingest: ingest.origin,
      key: project.key,
      model: "digits",
      perSecond,
    };
    await runCrowd({ ...crowd, seconds: WARM_UP_SECONDS, first: 0 });
    const before = await cpuSeconds(services);
    const began = performance.now();
    const seen = await runCrowd({ ...crowd, seconds, first: WARM_UP_SECONDS * perSecond });
    const elapsed = (performance.now() - began) / 1_000;
    const after = await cpuSeconds(services);
    const learned = await readLearned(world.logDatabase, model.modelId);
    print(pace, seen, journeys(learned, seen.acknowledged, seen.sightings));
    const cores = Object.keys(services).map((name) => {
      const used = (after.get(name) ?? 0) - (before.get(name) ?? 0);
      return `${name} ${(used / elapsed).toFixed(2)}`;
    });
    console.log(`  cores used: ${cores.join(", ")}`);
  } finally {
    await Promise.all(Object.values(services).map(({ stop }) => stop()));
    await world.close();
  }
}

/** Of processor time, since each process began. */
async function cpuSeconds(services: Record<string, ServiceProcess>): Promise<Map<string, number>> {
  const read = async ([name, { origin }]: [string, ServiceProcess]) => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    const [, seconds] = /^process_cpu_seconds_total\S* (\S+)/m.exec(text) ?? [];
    return [name, Number(seconds)] as const;
  };
  return new Map(await Promise.all(Object.entries(services).map(read)));
}

function print(pace: string, { acknowledged, predictionMs }: Seen, all: Journey[]): void {
  const row = (what: string, values: number[]) => {
    const columns = [0.5, 0.9, 0.99].map((share) => quantile(values, share).toFixed(1).padStart(9));
    console.log(`  ${what.padEnd(38)}${columns.join("")}`);
  };
  console.log(`\n${pace.padEnd(40)}      p50      p90      p99`);
  row(
    "acknowledged → served",
    all.map((one) => Math.max(0, one.servedAt - one.acknowledgedAt)),
  );
  row(
    "  acknowledged → in the ledger",
    all.map((one) => one.ledgerAt - one.acknowledgedAt),
  );
  row(
    "  in the ledger → step recorded",
    all.map((one) => one.recordedAt - one.ledgerAt),
  );
  row(
    "  step recorded → published",
    all.map((one) => one.publishedAt - one.recordedAt),
  );
  row(
    "  published → seen in an answer",
    all.map((one) => one.servedAt - one.publishedAt),
  );
  row("prediction, as its user waits", predictionMs);
  console.log(`  ${all.length} of ${acknowledged.size} feedbacks learned; the rest are held out`);
}
