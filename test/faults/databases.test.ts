import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { FeedbackState, ModelView, uuid7Generator } from "@groundswell/contracts";
import { type Client, connect } from "@groundswell/crowd";
import { loadHandwriting } from "@groundswell/handwriting";
import { freePort } from "@groundswell/local";
import { afterEach, expect, test, vi } from "vitest";

import { addressIn, keyIn, type Started, startProcess, stop } from "../setup/start-process.ts";

const app = loadHandwriting({ traffic: 200, exam: 0, users: 1, seed: 1 });
const USERS = 20;
const PATIENCE_MS = 90_000;
let started: Started | undefined;

afterEach(async () => {
  if (started?.process.exitCode === null) await stop(started);
  if (started) rmSync(dirOf(started), { recursive: true, force: true, maxRetries: 3 });
  started = undefined;
});

/** The embedded servers, as somebody gets them who has none of their own. */
async function startEmbedded(more: Record<string, string> = {}): Promise<Started> {
  const env = {
    ...process.env,
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    GROUNDSWELL_INSTANCE: `faults-${randomBytes(4).toString("hex")}`,
    ...more,
  };
  return startProcess(["--no-demo", "--port", String(await freePort())], env);
}

const dirOf = ({ output }: Started) => dirname(/their logs: (.+)/.exec(output())?.[1] ?? "/none/x");

const FILES = { PostgreSQL: "postgres.pid", Redis: "redis.pid" };

function kill(of: Started, server: keyof typeof FILES): void {
  const note = readFileSync(join(dirOf(of), FILES[server]), "utf8");
  process.kill((JSON.parse(note) as { pid: number }).pid, "SIGKILL");
}

const timesBack = ({ output }: Started, name: string) =>
  output().split(`${name} is back after`).length - 1;

test("PostgreSQL and Redis are killed under traffic: they come back, and nothing acknowledged is lost", async () => {
  const running = await startEmbedded();
  started = running;
  const client = connect({
    origin: addressIn(running.output()),
    key: keyIn(running.output()),
    patienceMs: PATIENCE_MS,
  });
  await client.call(`/api/v1/models/${app.model}`, ModelView, {
    method: "PUT",
    body: { ...app.settings, exam_share: 0, validation_share: 0 },
  });
  for (let user = 0; user < USERS; user++)
    await client.consent(`user-${user}`, true, new Date(Date.now() - 60_000));

  const acknowledged: string[] = [];
  let over = false;
  const talking = Promise.all(
    Array.from({ length: 4 }, async (_, place) => {
      for (let i = place; !over; i += 4) acknowledged.push(await teach(client, i));
    }),
  );
  talking.catch(() => {}); // told where it is waited for
  const more = () => {
    const enough = acknowledged.length + 25;
    return vi.waitUntil(() => acknowledged.length >= enough, { timeout: PATIENCE_MS });
  };
  for (const round of [["PostgreSQL"], ["Redis"], ["PostgreSQL", "Redis"]] as const) {
    await Promise.race([more(), talking]);
    const before = round.map((name) => timesBack(running, name));
    for (const name of round) kill(running, name);
    await vi.waitUntil(
      () => round.every((name, i) => timesBack(running, name) > (before[i] ?? 0)),
      {
        timeout: PATIENCE_MS,
      },
    );
  }
  await Promise.race([more(), talking]);
  over = true;
  await talking;

  for (const id of acknowledged) {
    await vi.waitFor(
      async () => {
        const { body } = await client.call(`/api/v1/feedback/${id}`, FeedbackState);
        expect(body.state, `${id}: ${body.reason}`).toBe("learned");
      },
      { timeout: PATIENCE_MS, interval: 200 },
    );
  }
  await client.close();
});

const newId = uuid7Generator(Date.now);

/** One user sees an answer and says what is right. @returns the feedback's id, once it is acknowledged */
async function teach(client: Client, i: number): Promise<string> {
  const subject = `user-${i % USERS}`;
  const sample = app.traffic[i % app.traffic.length];
  if (!sample) throw new Error("no sample");
  const id = newId();
  const { inputs, label } = sample;
  const prediction = await client.predict(app.model, { id, subject, inputs });
  const { results } = await client.feedback({
    id: `f-${i}`,
    prediction_id: prediction.prediction_id,
    subject,
    value: false,
    correction: label,
  });
  expect(["accepted", "duplicate"]).toContain(results[0]?.status);
  await delay(20);
  return `f-${i}`;
}

test("a database that can't come back ends start with the reason, and not with 0", async () => {
  started = await startEmbedded({ GROUNDSWELL_GIVE_UP_AFTER: "1" });
  rmSync(join(dirOf(started), "postgres", "global", "pg_control"));
  const ended = once(started.process, "exit");
  kill(started, "PostgreSQL");
  expect(await ended).toEqual([1, null]);
  expect(started.output()).toContain("PostgreSQL could not be brought up again for 1 s");
  expect(started.output()).toContain("pg_control");
  expect(started.output()).toContain("Stopped.");
});
