import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import { openLearningWorld } from "@groundswell/learner/testing";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, afterEach, expect, test, vi } from "vitest";

import { type ServiceProcess, serviceProcess } from "./service-process.ts";

const env = await testEnv();
const world = openLearningWorld(env);
const processes: ServiceProcess[] = [];

const newLearner = async (over: Record<string, string> = {}) => {
  const learner = await serviceProcess("learner", {
    DATABASE_URL: env.databaseUrl,
    REDIS_URL: env.redisUrl,
    ARTIFACTS: env.artifacts,
    QUEUE_PREFIX: env.prefix,
    CHECKPOINT_EVERY_MS: "100",
    LEASE_MS: "1000",
    ...over,
  });
  processes.push(learner);
  return learner;
};
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill()));
});
afterAll(() => world.close());

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const KILLS = 4;

test("killed again and again while examples arrive, it learns each once and ends in the bits of its record", async () => {
  const model = await world.newModel();
  const watched = await world.watchFrames(model.modelId);
  const learner = await newLearner();
  const taught: number[] = [];
  let kills = 0;
  const people = async () => {
    while (kills < KILLS) {
      const some = await model.teach(5);
      taught.push(...some.map(({ seq }) => seq));
      if (taught.length % 4 === 0) await model.withdraw(some[0]?.subjectId ?? "");
      await delay(20);
    }
  };
  const teaching = people();
  await learner.start();
  for (; kills < KILLS; kills++) {
    const { length } = await model.steps();
    await vi.waitFor(async () => expect((await model.steps()).length).toBeGreaterThan(length + 5), {
      timeout: 30_000,
    });
    await learner.kill();
    await learner.start();
  }
  await teaching;
  await vi.waitFor(async () => expect(await model.queued()).toBe(0), { timeout: 30_000 });
  await learner.stop();

  const steps = await model.steps();
  const took = steps.flatMap((step) => step.took);
  expect(new Set(took).size).toBe(took.length);
  for (const seq of took) expect(taught).toContain(seq);
  expect(steps.at(-1)?.fence).toBeGreaterThan(KILLS - 1);

  // What was published is on record, and nothing went back: first by fence, then by step.
  const published = watched.frames.map(({ header: { fence, step } }) => ({ fence, step }));
  watched.close();
  const inOrder = published.toSorted((a, b) => a.fence - b.fence || a.step - b.step);
  expect(published).toEqual(inOrder);
  expect(published.at(-1)?.step).toBeLessThanOrEqual(steps.length);

  const last = sha256((await model.rebuild({ scratch: true })).bytes);
  const checkpoints = await model.checkpoints();
  expect(checkpoints[0]).toEqual({ step: steps.length, artifact: last });
  for (const { step, artifact } of checkpoints) {
    const { bytes } = await model.rebuild({ scratch: true, through: step });
    expect(sha256(bytes), `checkpoint of step ${step}`).toBe(artifact);
  }
});

test("what was published before a kill is what the record says", async () => {
  const model = await world.newModel();
  const watched = await world.watchFrames(model.modelId);
  const learner = await newLearner({ CHECKPOINT_EVERY_MS: "60000" });
  await learner.start();
  for (let sent = 0; watched.frames.length < 3; sent++) {
    await model.teach(3);
    await vi.waitFor(() => expect(watched.frames.length).toBeGreaterThan(sent), {
      timeout: 30_000,
    });
  }
  await learner.kill();
  watched.close();
  for (const frame of watched.frames) {
    if (frame.kind !== "whole") throw new Error("a model without tables sends wholes");
    const { weights } = await model.rebuild({ scratch: true, through: frame.header.step });
    expect(frame.weights.dense).toEqual(weights.dense);
  }
});

test("a learner that stood still while another took over neither records nor publishes", async () => {
  const model = await world.newModel();
  const watched = await world.watchFrames(model.modelId);
  const [old, young] = [await newLearner(), await newLearner()];
  await old.start();
  await model.teach(3);
  await vi.waitFor(async () => expect(await model.steps()).not.toHaveLength(0), {
    timeout: 30_000,
  });
  old.pause();
  await young.start();
  await model.teach(3);
  await vi.waitFor(async () => expect((await model.steps()).at(-1)?.fence).toBe(2), {
    timeout: 30_000,
  });
  old.resume();
  for (let i = 0; i < 10; i++) {
    await model.teach(2);
    await delay(50);
  }
  await vi.waitFor(async () => expect(await model.queued()).toBe(0), { timeout: 30_000 });
  const fences = (await model.steps()).map(({ fence }) => fence);
  expect(fences).toEqual(fences.toSorted((a, b) => a - b));
  const seen = watched.frames.map(({ header }) => header.fence);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  watched.close();
});
