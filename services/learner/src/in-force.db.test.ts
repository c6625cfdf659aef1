import { testEnv } from "@groundswell/local/testing";
import { initialWeights } from "@groundswell/training";
import fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";

import type { Learner } from "./index.ts";
import { type LearningModel, openLearningWorld } from "./learning-world.ts";
import { settingsOf } from "./rebuild.ts";

const world = openLearningWorld(await testEnv());
afterAll(() => world.close());

const PEOPLE = 6;

const command = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ teach: fc.nat(PEOPLE - 1), times: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 4, arbitrary: fc.record({ withdraw: fc.nat(PEOPLE - 1) }) },
  { weight: 4, arbitrary: fc.record({ moveTo: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ takeOver: true as const }) },
  { weight: 2, arbitrary: fc.record({ restMs: fc.nat(60) }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** People who withdrew, and the newest step on record when that was acknowledged. */
type Withdrawn = Map<string, number>;

async function play(model: LearningModel, commands: readonly Command[]): Promise<Withdrawn> {
  const people = Array.from({ length: PEOPLE }, () => crypto.randomUUID() as string);
  const withdrawn: Withdrawn = new Map();
  const learners: Learner[] = [world.startLearner()];
  const moves: Promise<unknown>[] = [];
  for (const one of commands)
    if ("teach" in one) {
      const subjectId = people[one.teach] ?? "";
      if (!withdrawn.has(subjectId)) await model.teach(one.times, { subjectId });
    } else if ("withdraw" in one) {
      const subjectId = people[one.withdraw] ?? "";
      await model.withdraw(subjectId);
      const [newest] = (await model.steps()).slice(-1);
      if (!withdrawn.has(subjectId)) withdrawn.set(subjectId, newest?.step ?? 0);
    } else if ("moveTo" in one) moves.push(model.moveChampion(one.moveTo));
    else if ("takeOver" in one) {
      // As after a kill: nobody gives the model back, its lease runs out.
      await world.database.query("update learner_leases set expires_at = clock_timestamp()");
      learners.push(world.startLearner());
    } else await new Promise((resolve) => setTimeout(resolve, one.restMs));
  await Promise.allSettled(moves);
  await vi.waitFor(async () => expect(await model.queued()).toBe(0), { timeout: 20_000 });
  for (const learner of learners) await learner.close();
  return withdrawn;
}

/** Examples of people who had withdrawn that a later step learned or could replay, from the record alone. */
async function learnedInVain(model: LearningModel, withdrawn: Withdrawn) {
  const owners = await world.database.query<{ seq: number; subjectId: string }>(
    `select seq, subject_id as "subjectId" from ledger where model_id = $1 and kind = 'example'`,
    [model.modelId],
  );
  const ownerOf = new Map(owners.map(({ seq, subjectId }) => [seq, subjectId]));
  const window = new Set<number>();
  return (await model.steps()).flatMap(({ step, took, dropped }) => {
    for (const seq of dropped) window.delete(seq);
    for (const seq of took) window.add(seq);
    return [...window]
      .filter((seq) => step > (withdrawn.get(ownerOf.get(seq) ?? "") ?? Infinity))
      .map((seq) => ({ step, seq }));
  });
}

test("after a withdrawal is acknowledged no step on record holds the person, whatever goes on beside it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 8, maxLength: 40 }), async (commands) => {
      const model = await world.newModel();
      for (const seed of [3, 4])
        await model.addVersion(initialWeights({ ...settingsOf(model.model), seed }), 0);
      const withdrawn = await play(model, commands);
      expect(await learnedInVain(model, withdrawn)).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true },
  );
}, 120_000);

test("a promotion that finds a withdrawal waiting records it first", async () => {
  const model = await world.newModel();
  const version = await model.addVersion(
    initialWeights({ ...settingsOf(model.model), seed: 3 }),
    0,
  );
  const before = world.startLearner();
  const [own] = await model.teach(6);
  await model.teach(20);
  await vi.waitFor(async () => expect(await model.queued()).toBe(0), { timeout: 10_000 });
  await before.close();
  const subjectId = own?.subjectId ?? "";
  await model.withdraw(subjectId);
  const [newest] = (await model.steps()).slice(-1);
  await model.moveChampion(version);
  const after = world.startLearner();
  await vi.waitFor(
    async () => {
      expect((await model.steps()).map(({ base }) => base)).toContain(version);
      expect(await model.queued()).toBe(0);
    },
    { timeout: 10_000 },
  );
  await after.close();
  const withdrawn = new Map([[subjectId, newest?.step ?? 0]]);
  expect(await learnedInVain(model, withdrawn)).toEqual([]);
});

test("a withdrawal waits for the step that is being recorded, and the next one sees it", async () => {
  const model = await world.newModel("off");
  const [taught] = await model.teach(1);
  const subjectId = taught?.subjectId ?? "";
  const order: string[] = [];
  const held = Promise.withResolvers<void>();
  const recording = world.database.transaction(async (tx) => {
    await tx.query(
      "select pg_advisory_xact_lock_shared(hashtextextended('ledger ' || $1::uuid || ' ' || $2::uuid, 0))",
      [model.projectId, model.modelId],
    );
    held.resolve();
    await new Promise((resolve) => setTimeout(resolve, 200));
    order.push("recorded");
  });
  await held.promise;
  const withdrawing = model.withdraw(subjectId).then(() => order.push("withdrawn"));
  await Promise.all([recording, withdrawing]);
  expect(order).toEqual(["recorded", "withdrawn"]);
});
