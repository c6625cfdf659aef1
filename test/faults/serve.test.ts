import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { uuid7Generator } from "@groundswell/contracts";
import { findPrediction, withProject } from "@groundswell/db";
import { type Supervised, supervise } from "@groundswell/local";
import { testEnv } from "@groundswell/local/testing";
import { type Answer, openServingWorld, picture } from "@groundswell/serve/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const env = await testEnv();
const world = openServingWorld(env);
const project = await world.newProject();
const newId = uuid7Generator(Date.now);
let origin: string;
let service: Supervised;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (typeof address !== "object" || !address) throw new Error("no address");
  return address.port;
}

beforeAll(async () => {
  const model = await world.newModel(project.projectId, "digits", { logPredictions: "before" });
  await model.addVersion(3, 5);
  await model.moveChampion(1);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  service = await supervise({
    name: "serve",
    file: join(import.meta.dirname, "../../services/serve/src/main.ts"),
    env: {
      DATABASE_URL: env.databaseUrl,
      REDIS_URL: env.redisUrl,
      ARTIFACTS: env.artifacts,
      QUEUE_PREFIX: env.prefix,
      PORT: String(port),
      LOG_LEVEL: "warn",
    },
    logFile: join(env.artifacts, "serve.log"),
    ready: `${origin}/readyz`,
    restartDelayMs: 10,
    steadyAfterMs: 0,
  });
});
afterAll(async () => {
  await service?.stop();
  await world.close();
});

/** One try. @returns undefined where the connection broke or the server was busy */
async function ask(id: string): Promise<Answer["body"] | undefined> {
  try {
    const response = await fetch(`${origin}/api/v1/models/digits/predictions`, {
      method: "POST",
      headers: { authorization: `Bearer ${project.key}`, "content-type": "application/json" },
      body: JSON.stringify({ id, inputs: picture() }),
      signal: AbortSignal.timeout(10_000),
    });
    const body = (await response.json()) as Answer["body"];
    if (response.status === 503) return undefined;
    expect(response.status).toBe(200);
    return body;
  } catch (error) {
    // fetch tells of a broken connection by a TypeError, and of a late answer by its signal.
    if (error instanceof TypeError || (error as Error).name === "TimeoutError") return undefined;
    throw error;
  }
}

test("what was answered where predictions are logged before is there after kill -9, once and as answered", async () => {
  const answered = new Map<string, Answer["body"]>();
  let kills = 0;
  const client = async () => {
    while (kills < 5) {
      const id = newId();
      let answer = await ask(id);
      // Retried with its id until it is answered: the first answer that was stored stands.
      while (!answer) {
        await delay(20);
        answer = await ask(id);
      }
      answered.set(id, answer);
    }
  };
  const clients = Promise.all(Array.from({ length: 6 }, client));
  while (kills < 5) {
    const before = answered.size;
    while (answered.size < before + 50) await delay(10);
    const pid = service.pid();
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    kills += 1;
  }
  await clients;

  expect(answered.size).toBeGreaterThan(250);
  for (const [id, answer] of answered) {
    const row = await withProject(world.database, project.projectId, (tx) =>
      findPrediction(tx, project.projectId, id),
    );
    expect(row).toMatchObject({
      version: answer.model_version,
      learnedThrough: answer.learned_through,
      output: answer.output,
    });
  }
});

test("SIGTERM stores what was answered before it was logged", async () => {
  const model = await world.newModel(project.projectId, "fast");
  await model.addVersion(1);
  await model.moveChampion(1);
  const ids: string[] = [];
  const burst = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const response = await fetch(`${origin}/api/v1/models/fast/predictions`, {
        method: "POST",
        headers: { authorization: `Bearer ${project.key}`, "content-type": "application/json" },
        body: JSON.stringify({ inputs: picture() }),
      });
      return (await response.json()) as Answer["body"];
    }),
  );
  ids.push(...burst.map((answer) => answer.prediction_id));
  await service.stop();
  const [stored] = await world.logDatabase.query<{ n: number }>(
    "select count(*) as n from predictions where prediction_id = any($1::uuid[])",
    [ids],
  );
  expect(stored?.n).toBe(40);
});
