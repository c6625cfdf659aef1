import { testEnv } from "@groundswell/local/testing";
import { Redis } from "ioredis";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";

import { connectJobs, type Jobs } from "./connect-jobs.ts";
import { defineJob } from "./define-job.ts";
import { cleanInbox } from "./jobs/clean-inbox.ts";
import { type DeadJob, runWorker, type RunningWorker } from "./run-worker.ts";

const { redisUrl, prefix: filePrefix } = await testEnv();
let tests = 0;
const open: (Jobs | RunningWorker)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function openQueues() {
  tests += 1;
  const prefix = `${filePrefix}-${tests}`;
  const jobs = connectJobs(redisUrl, { prefix });
  open.push(jobs);
  return { prefix, jobs };
}

function run<J extends typeof cleanInbox>(
  prefix: string,
  job: J,
  handler: (payload: { inboxIds: number[] }, attempt: { number: number }) => Promise<void>,
  onDead?: (dead: DeadJob) => void,
): void {
  const options = { redisUrl, prefix, concurrency: 4, ...(onDead && { onDead }) };
  open.push(runWorker({ job }, { job: handler }, options));
}

/** Commands are refused until the connection stands. */
async function enqueueOnce(jobs: Jobs, payload: { inboxIds: number[]; items: number }) {
  while (!(await jobs.enqueue(cleanInbox, payload)))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

test("a job is handled with what was queued", async () => {
  const { prefix, jobs } = openQueues();
  const handled = Promise.withResolvers<number[]>();
  run(prefix, cleanInbox, async ({ inboxIds }) => handled.resolve(inboxIds));
  await enqueueOnce(jobs, { inboxIds: [1, 2], items: 2 });
  expect(await handled.promise).toEqual([1, 2]);
});

test("a job that fails is tried again, and told of when it is dead", async () => {
  const { prefix, jobs } = openQueues();
  const quick = { ...cleanInbox, backoffMs: 1 };
  const attempts: number[] = [];
  const dead = Promise.withResolvers<DeadJob>();
  run(
    prefix,
    quick,
    async (_payload, attempt) => {
      attempts.push(attempt.number);
      throw new Error("no luck");
    },
    dead.resolve,
  );
  while (!(await jobs.enqueue(quick, { inboxIds: [7], items: 1 })))
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await dead.promise).toMatchObject({
    name: "clean-inbox",
    payload: { inboxIds: [7], items: 1 },
    attempts: 3,
    error: { message: "no luck" },
  });
  expect(attempts).toEqual([1, 2, 3]);
});

test("a job of another time, whose payload is not understood, is dead at once", async () => {
  const { prefix, jobs } = openQueues();
  const dead = Promise.withResolvers<DeadJob>();
  run(prefix, cleanInbox, async () => dead.reject(new Error("handled")), dead.resolve);
  const old = defineJob({ ...cleanInbox, payload: z.object({ ids: z.array(z.number()) }) });
  while (!(await jobs.enqueue(old, { ids: [1] })))
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await dead.promise).toMatchObject({ payload: { ids: [1] }, attempts: 1 });
});

test("a worker goes on when Redis has lost its memory under it", async () => {
  const { prefix, jobs } = openQueues();
  const seen: number[] = [];
  let came = Promise.withResolvers<void>();
  run(prefix, cleanInbox, async ({ inboxIds }) => {
    seen.push(...inboxIds);
    came.resolve();
  });
  await enqueueOnce(jobs, { inboxIds: [1], items: 1 });
  await came.promise;
  const redis = new Redis(redisUrl);
  const keys = await redis.keys(`${prefix}:*`);
  expect(keys.length).toBeGreaterThan(0);
  await redis.del(keys);
  redis.disconnect();
  came = Promise.withResolvers();
  await enqueueOnce(jobs, { inboxIds: [2], items: 1 });
  await came.promise;
  expect(seen).toEqual([1, 2]);
});

test("depths tell what waits", async () => {
  const { jobs } = openQueues();
  await enqueueOnce(jobs, { inboxIds: [1], items: 1 });
  await enqueueOnce(jobs, { inboxIds: [2], items: 1 });
  expect(await jobs.depths()).toEqual([
    { name: "clean-inbox", waiting: 2, active: 0 },
    { name: "train-model", waiting: 0, active: 0 },
  ]);
});

test("without Redis nothing is queued, and nobody waits or fails for it", async () => {
  const errors: Error[] = [];
  const jobs = connectJobs("redis://127.0.0.1:1", {
    prefix: "nowhere",
    onError: (error) => errors.push(error),
  });
  expect(await jobs.enqueue(cleanInbox, { inboxIds: [1], items: 1 })).toBe(false);
  expect(errors.length).toBeGreaterThan(0);
  await expect(jobs.depths()).rejects.toThrow(/writeable|closed/i);
  await jobs.close();
});
