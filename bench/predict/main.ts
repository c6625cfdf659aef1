/**
 * Predictions over HTTP, every one logged: requests/s, p50 and p99, next to a route that only
 * parses the same body, to a prediction server with nothing around it, and to the bare model.
 * Everything shares the cores of this machine, the client too.
 *
 *     pnpm bench:predict
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

import { createDatabase, migrateDatabase } from "@groundswell/db";
import { startLocal } from "@groundswell/local";
import { openServingWorld } from "@groundswell/serve/testing";
import { initialWeights, openPredictor } from "@groundswell/training";

import { median, thousands } from "../quantiles.ts";
import { mainOf, root, startProcess } from "../service-process.ts";
import { picture, PIXELS, pixelOf, settings } from "./bench-model.ts";
import { type Load, requestOf, runLoad } from "./load.ts";

const ROUNDS = 5;
const SECONDS = 2;
const CONNECTIONS = [1, 16, 32];

interface Contender {
  name: string;
  origin: string;
  request: Buffer;
}

const local = await startLocal({ checkout: root, name: "bench-predict", durable: false });
const stops: (() => Promise<void>)[] = [() => local.stop()];
try {
  console.log(`${availableParallelism()} cores, ${picture.length} bytes of PNG a request`);
  bareModel();
  const contenders = await startAll();
  for (const connections of CONNECTIONS) await compare(contenders, connections);
} finally {
  for (const stop of stops.toReversed()) await stop();
}

/** The model alone, in a loop. */
function bareModel(): void {
  const predictor = openPredictor(settings, initialWeights(settings));
  const input = Uint8Array.from({ length: PIXELS }, (_, i) => pixelOf(i));
  for (const size of [1, 16]) {
    const batch = Array.from({ length: size }, () => input);
    const rounds = Array.from({ length: ROUNDS }, () => {
      const began = performance.now();
      let runs = 0;
      for (; performance.now() - began < 500; runs += 1) predictor.predict(batch);
      return (1_000 * runs * size) / (performance.now() - began);
    });
    console.log(`bare model, ${size} a run: ${thousands(median(rounds))} predictions/s`);
  }
  predictor.close();
}

async function startAll(): Promise<Contender[]> {
  const databaseUrl = await createDatabase(
    local.databaseUrl,
    `bench_${randomBytes(4).toString("hex")}`,
  );
  await migrateDatabase(databaseUrl);
  const artifacts = join(local.dir, "artifacts");
  mkdirSync(artifacts, { recursive: true });
  const env = { databaseUrl, redisUrl: local.redisUrl, prefix: "bench", artifacts };
  const world = openServingWorld(env);
  stops.push(world.close);
  const project = await world.newProject();
  for (const logPredictions of ["after", "before"] as const) {
    const { config } = settings;
    const model = await world.newModel(project.projectId, logPredictions, {
      logPredictions,
      config,
    });
    await model.addVersion(3);
    await model.moveChampion(1);
  }
  const start = async (file: string, variables?: Record<string, string>) => {
    const { origin, stop } = await startProcess(file, variables);
    stops.push(stop);
    return origin;
  };
  const serve = await start(mainOf("serve"), {
    DATABASE_URL: databaseUrl,
    REDIS_URL: local.redisUrl,
    ARTIFACTS: artifacts,
    QUEUE_PREFIX: "bench",
    LOG_LEVEL: "warn",
  });
  const body = { subject: "u-1", inputs: { image: { b64: picture.toString("base64") } } };
  const ours = (name: string) => requestOf(`/api/v1/models/${name}/predictions`, body, project.key);
  const bare = await start(import.meta.resolve("./bare-server.ts"));
  const numbers = await start(import.meta.resolve("./numbers-server.ts"));
  return [
    { name: "serve, stored after the answer", origin: serve, request: ours("after") },
    { name: "serve, stored before the answer", origin: serve, request: ours("before") },
    { name: "fastify that parses this body", origin: bare, request: requestOf("/bare", body) },
    {
      name: "784 numbers as JSON, unlogged",
      origin: numbers,
      request: requestOf("/numbers", {
        data: Array.from({ length: PIXELS }, (_, i) => pixelOf(i)),
      }),
    },
  ];
}

/** In turns, so that whatever else this machine does meets all of them. */
async function compare(contenders: Contender[], connections: number): Promise<void> {
  const rounds = new Map<string, Load[]>(contenders.map(({ name }) => [name, []]));
  for (const { origin, request } of contenders)
    await runLoad(origin, request, { connections, seconds: 1 });
  for (let round = 0; round < ROUNDS; round++)
    for (const { name, origin, request } of contenders)
      rounds.get(name)?.push(await runLoad(origin, request, { connections, seconds: SECONDS }));
  const ceiling = medianOf(rounds, "fastify that parses this body", "perSecond");
  console.log(
    `\n${connections} connections${" ".repeat(24)}requests/s   of bare   p50 ms   p99 ms`,
  );
  for (const { name } of contenders) {
    const perSecond = medianOf(rounds, name, "perSecond");
    const columns = [
      thousands(perSecond).padStart(10),
      `${((100 * perSecond) / ceiling).toFixed(0)} %`.padStart(9),
      medianOf(rounds, name, "p50").toFixed(2).padStart(8),
      medianOf(rounds, name, "p99").toFixed(2).padStart(8),
    ];
    console.log(`  ${name.padEnd(36)}${columns.join(" ")}`);
  }
}

function medianOf(rounds: Map<string, Load[]>, name: string, figure: keyof Load): number {
  return median((rounds.get(name) ?? []).map((round) => round[figure]));
}
