import { createHash } from "node:crypto";

import { CHANNELS } from "@groundswell/contracts";
import { FenceLost, releaseModel, takeModel, takeSteps } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { initialWeights } from "@groundswell/training";
import { afterAll, afterEach, expect, test, vi } from "vitest";

import type { Learner } from "./index.ts";
import { type LearningModel, openLearningWorld } from "./learning-world.ts";
import { settingsOf } from "./rebuild.ts";

const world = openLearningWorld(await testEnv());
const running: Learner[] = [];
const start = (over?: Parameters<typeof world.startLearner>[0]) => {
  const learner = world.startLearner(over);
  running.push(learner);
  return learner;
};
afterEach(async () => {
  for (const learner of running.splice(0)) await learner.close();
});
afterAll(() => world.close());

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Waits until the queue is empty and, if asked, a step was recorded. */
async function learned(model: LearningModel, atLeast = 1) {
  await vi.waitFor(
    async () => {
      expect(await model.queued()).toBe(0);
      const steps = await model.steps();
      expect(steps.flatMap(({ took }) => took).length).toBeGreaterThanOrEqual(atLeast);
    },
    { timeout: 15_000, interval: 20 },
  );
  return model.steps();
}

/** Whether each checkpoint that was kept equals the record run from the first version. */
async function expectCheckpointsToFollowFromTheRecord(model: LearningModel) {
  const checkpoints = await model.checkpoints();
  expect(checkpoints.length).toBeGreaterThan(0);
  for (const { step, artifact } of checkpoints) {
    const { bytes } = await model.rebuild({ scratch: true, through: step });
    expect(sha256(bytes), `checkpoint of step ${step}`).toBe(artifact);
  }
}

test("examples are taken once each, in steps of at most sixteen, and what was learned is published", async () => {
  const model = await world.newModel();
  const watched = await world.watchFrames(model.modelId);
  start();
  const taught = [...(await model.teach(40)), ...(await model.teach(3))];
  const steps = await learned(model, 43);
  expect(steps.flatMap(({ took }) => took).sort((a, b) => a - b)).toEqual(
    taught.map(({ seq }) => seq),
  );
  expect(Math.max(...steps.map(({ took }) => took.length))).toBeLessThanOrEqual(16);
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1));
  await vi.waitFor(() => expect(watched.frames.at(-1)?.header.step).toBe(steps.length));
  expect(new Set(watched.frames.map(({ header }) => header.base))).toEqual(new Set([1]));
  watched.close();
});

test("an exam example is never learned", async () => {
  const model = await world.newModel();
  start();
  const held = await model.teach(5, { split: "exam" });
  await model.teach(5);
  const steps = await learned(model, 5);
  for (const { seq } of held) expect(steps.flatMap(({ took }) => took)).not.toContain(seq);
});

test("after a withdrawal nothing of the person is taken, and what was learned leaves the replay window", async () => {
  const model = await world.newModel();
  const early = await model.teach(6);
  const learner = start();
  await learned(model, 6);
  await learner.close();
  running.length = 0;

  const [first] = early;
  const late = await model.teach(4, { subjectId: first?.subjectId ?? "" });
  const other = await model.teach(4);
  await model.withdraw(first?.subjectId ?? "");
  start();
  const steps = await learned(model, 10);
  const took = steps.flatMap((step) => step.took);
  expect(took).toEqual([...early, ...other].map(({ seq }) => seq));
  for (const { seq } of late) expect(took).not.toContain(seq);
  const dropped = steps.flatMap((step) => step.dropped);
  expect(dropped).toEqual([...early, ...late].map(({ seq }) => seq));
});

test("a superseded example leaves the replay window", async () => {
  const model = await world.newModel();
  const [wrong] = await model.teach(6);
  start();
  await learned(model, 6);
  if (wrong) await model.supersede(wrong);
  await vi.waitFor(async () => {
    const steps = await model.steps();
    expect(steps.flatMap(({ dropped }) => dropped)).toEqual([wrong?.seq]);
    expect(steps.flatMap(({ entries }) => entries)).toHaveLength(1);
  });
});

test("every checkpoint follows from the record, to the bit, through withdrawals and restarts", async () => {
  const model = await world.newModel();
  for (let round = 0; round < 3; round++) {
    const learner = start({ checkpointEveryMs: 1 });
    const taught = await model.teach(30);
    await learned(model, 30 * (round + 1));
    await model.withdraw(taught[0]?.subjectId ?? "");
    await model.teach(5);
    await learner.close();
    running.length = 0;
    const rebuilt = await model.rebuild({ scratch: true });
    expect(sha256((await model.rebuild()).bytes)).toBe(sha256(rebuilt.bytes));
  }
  await expectCheckpointsToFollowFromTheRecord(model);
});

test("a new champion begins a line of its own, and forgets nothing that it had not seen", async () => {
  const model = await world.newModel();
  const watched = await world.watchFrames(model.modelId);
  const learner = start();
  const known = await model.teach(8);
  const { length: seen } = await learned(model, 8);
  const since = await model.teach(20);
  const gone = await model.teach(2);
  await learned(model, 30);
  await model.withdraw(gone[0]?.subjectId ?? "");
  const version = await model.addVersion(
    initialWeights({ ...settingsOf(model.model), seed: 3 }),
    seen,
  );
  await model.moveChampion(version);
  await vi.waitFor(() => expect(watched.frames.at(-1)?.header.base).toBe(version));

  const steps = await model.steps();
  const rebase = steps.findIndex(({ base }) => base === version);
  expect(steps[rebase]?.took).toEqual([]);
  const again = steps.slice(rebase).flatMap(({ took }) => took);
  expect(again).toEqual(since.map(({ seq }) => seq));
  for (const { seq } of known) expect(again).not.toContain(seq);
  // What is published of the new line knows all of it.
  const { header } = watched.frames.find((frame) => frame.header.base === version) ?? {};
  expect(header?.step).toBe(steps.length);

  await learner.close();
  running.length = 0;
  await expectCheckpointsToFollowFromTheRecord(model);
  watched.close();
});

test("of two learners one has the model; the other takes over when it is given back", async () => {
  const model = await world.newModel();
  const first = start();
  await model.teach(3);
  await learned(model, 3);
  start();
  await model.teach(3);
  const before = await learned(model, 6);
  expect(new Set(before.map(({ fence }) => fence))).toEqual(new Set([1]));
  await first.close();
  await model.teach(3);
  const after = await learned(model, 9);
  expect(after.at(-1)?.fence).toBe(2);
});

test("a learner whose lease was taken over records nothing more", async () => {
  const model = await world.newModel();
  const { projectId, modelId } = model;
  const old = await takeModel(world.database, { projectId, modelId, holder: "old" }, 60_000);
  if (!old) throw new Error("not taken");
  await model.teach(2);
  const cut = { after: 0, perStep: 16, perPerson: 16, most: 256, now: new Date() };
  await releaseModel(world.database, old);
  await expect(takeSteps(world.database, old, cut)).rejects.toThrow(FenceLost);
  const young = await takeModel(world.database, { projectId, modelId, holder: "new" }, 60_000);
  if (!young) throw new Error("not taken over");
  await expect(takeSteps(world.database, old, cut)).rejects.toThrow(FenceLost);
  expect(young.fence).toBe(old.fence + 1);
  expect(await takeSteps(world.database, young, cut)).toHaveLength(1);
  await releaseModel(world.database, young);
});

test("a damaged checkpoint costs time, not the model", async () => {
  const model = await world.newModel();
  const learner = start();
  await model.teach(40);
  await learned(model, 40);
  await learner.close();
  running.length = 0;
  for (const { artifact } of await model.checkpoints())
    await world.artifacts.remove(model.projectId, artifact);
  const rebuilt = await model.rebuild();
  expect(rebuilt.from).toBe(0);
  expect(sha256(rebuilt.bytes)).toBe(sha256((await model.rebuild({ scratch: true })).bytes));
  start();
  await model.teach(1);
  await learned(model, 41);
});

test("a server that asks gets the whole", async () => {
  const model = await world.newModel();
  start();
  await model.teach(4);
  await learned(model, 4);
  const watched = await world.watchFrames(model.modelId);
  await vi.waitFor(async () => {
    await world.tell(CHANNELS.weightsWanted, model.modelId);
    expect(watched.frames.at(-1)?.kind).toBe("whole");
  });
  watched.close();
});

test("a model that is off learns nothing, and everything when it is on again", async () => {
  const model = await world.newModel("off");
  start();
  await model.teach(4);
  const other = await world.newModel();
  await other.teach(1);
  await learned(other, 1);
  expect(await model.steps()).toEqual([]);
  expect(await model.queued()).toBe(4);
});
