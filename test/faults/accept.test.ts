import { randomUUID } from "node:crypto";

import { type Database, postConsent, withProject } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";

import { newProject, openDatabases } from "../setup/project.ts";
import { type ServiceProcess, serviceProcess } from "./service-process.ts";

const env = await testEnv();
const redis = new Redis(env.redisUrl);
const databases = openDatabases(env.databaseUrl);
const environment = {
  DATABASE_URL: env.databaseUrl,
  REDIS_URL: env.redisUrl,
  QUEUE_PREFIX: env.prefix,
};
const ingest = await serviceProcess("ingest", environment);
const worker = await serviceProcess("worker", environment);

beforeAll(async () => {
  await Promise.all([ingest.start(), worker.start()]);
});
afterAll(async () => {
  await Promise.all([ingest.stop(), worker.stop()]);
  redis.disconnect();
  await databases.close();
});

const REQUESTS = 240;
const ITEMS = 15;
const USERS = 40;

test("every acknowledged item is there, once, through kill -9 of both services and an empty Redis", async () => {
  const { key, projectId, feedback } = await prepare();
  const bodies = Array.from({ length: REQUESTS }, (_, i) =>
    i % 3 === 0
      ? { path: "/v1/batch", body: { batch: trackingBatch(i) } }
      : { path: "/api/v1/feedback", body: { items: feedback.slice(i * ITEMS, (i + 1) * ITEMS) } },
  );

  let acknowledged = 0;
  const mischief = [
    { after: 0.15, run: () => restart(ingest) },
    { after: 0.35, run: () => restart(worker) },
    { after: 0.5, run: forgetRedis },
    { after: 0.7, run: async () => void (await Promise.all([restart(ingest), restart(worker)])) },
  ];
  let underWay: Promise<void> = Promise.resolve();
  /** Traffic goes on during a kill; it only waits for the one before to be over. */
  const onAcknowledged = async () => {
    acknowledged += 1;
    const [next] = mischief;
    if (!next || acknowledged < next.after * REQUESTS) return;
    mischief.shift();
    await underWay;
    underWay = next.run();
  };
  const waiting = bodies.values();
  const clients = Array.from({ length: 8 }, async () => {
    for (const { path, body } of waiting) {
      await sendUntilAcknowledged(key, path, body);
      await onAcknowledged();
    }
  });
  await Promise.all(clients);
  await underWay;
  expect(mischief).toEqual([]);
  await untilProcessed(databases.worker);

  const sent = bodies.filter(({ path }) => path === "/api/v1/feedback").length * ITEMS;
  const tracked = REQUESTS * ITEMS - sent;
  const [counts] = await databases.worker.query(
    `select (select count(*) from feedback where project_id = $1) as feedback,
            (select count(*) from ledger where project_id = $1) as entries,
            (select count(distinct feedback_id) from ledger where project_id = $1) as examples,
            (select count(*) from ledger_queue where project_id = $1) as queued,
            (select count(*) from events where project_id = $1) as events,
            (select sum(events) from profiles where project_id = $1)::int as profile_events,
            (select sum(feedback) from profiles where project_id = $1)::int as profile_feedback,
            (select sum(n) from tallies where project_id = $1 and what = 'example')::int as tallied,
            (select count(*) from dead_letters where project_id = $1) as dead`,
    [projectId],
  );
  expect(counts).toEqual({
    feedback: sent,
    entries: sent,
    examples: sent,
    queued: sent,
    events: tracked,
    profile_events: tracked,
    profile_feedback: sent,
    tallied: sent,
    dead: 0,
  });
});

/** A project whose users all agreed, and a logged prediction for each feedback. */
async function prepare() {
  const { projectId, subjectId, newKey, predict } = await newProject(databases);
  await withProject(databases.request, projectId, async (tx) => {
    for (let user = 0; user < USERS; user += 1)
      await postConsent(tx, {
        projectId,
        subjectId: subjectId(`user-${user}`),
        consentId: randomUUID(),
        purposes: { model_training: true },
        dateOf: () => new Date(),
        method: "test",
        key: { kind: "secret", id: null },
        now: new Date(),
      });
  });
  const users = Array.from({ length: REQUESTS * ITEMS }, (_, i) => `user-${i % USERS}`);
  const feedback = (await predict(users)).map((prediction_id, i) => ({
    id: `f-${i}`,
    prediction_id,
    value: i % 2 === 0,
    ...(i % 2 === 1 && { correction: "two" }),
  }));
  return { key: await newKey("secret"), projectId, feedback };
}

const trackingBatch = (request: number) =>
  Array.from({ length: ITEMS }, (_, i) => ({
    type: "track",
    messageId: `m-${request}-${i}`,
    userId: `user-${i % USERS}`,
    event: "Opened",
    properties: { request, i },
  }));

/** As clients do: the same again until it is acknowledged. */
async function sendUntilAcknowledged(key: string, path: string, body: object): Promise<void> {
  for (;;) {
    try {
      const answer = await fetch(ingest.origin + path, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
      if (answer.status < 500) throw new Error(`refused: ${answer.status}`);
    } catch (error) {
      // A broken connection tells nothing of what became of the request: it is sent again.
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function restart(service: ServiceProcess): Promise<void> {
  await service.kill();
  await service.start();
}

/** As Redis looks after a restart without its memory. */
async function forgetRedis(): Promise<void> {
  const keys = await redis.keys(`${env.prefix}:*`);
  if (keys.length > 0) await redis.del(keys);
}

async function untilProcessed(database: Database): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ n: number }>(
      "select count(*) as n from inbox where processed_at is null",
    );
    if (row?.n === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
