import { randomBytes, randomUUID } from "node:crypto";

import { describe, expect, test } from "vitest";

import type { NewModel, NewVersion, Registry } from "./registry.ts";
import { createPromote, createRollback } from "./rollout.ts";

const NOW = new Date("2026-11-25T10:00:00.000Z");
const clock = () => NOW;

const newModel = (name: string): NewModel => ({
  modelId: randomUUID(),
  name,
  recipe: "image-classifier",
  classes: ["cat", "dog"],
  config: { hidden: 16 },
  pace: "calm",
  logPredictions: "after",
  gate: { min_accuracy: 0.9, margin: 0.01, min_examples: 50 },
  examShare: 0.1,
  validationShare: 0.15,
  teachingMetrics: ["correct"],
  splitSalt: randomBytes(16),
  seed: 1,
});

const newVersion = (version: Partial<NewVersion> = {}): NewVersion => ({
  kind: "initial",
  status: "ready",
  parent: null,
  runId: null,
  learnedThrough: 0,
  artifact: { sha256: randomBytes(32).toString("hex"), bytes: 12 },
  lineage: { seed: 1 },
  ...version,
});

/**
 * What every registry does. `run` gives a registry of a fresh project, where a write may be
 * followed by others in the same transaction.
 */
export function describeRegistry(
  name: string,
  run: <T>(work: (registry: Registry) => Promise<T>) => Promise<T>,
): void {
  const withModel = async <T>(
    work: (registry: Registry, model: NewModel) => Promise<T>,
  ): Promise<T> =>
    run(async (registry) => {
      const model = newModel("digits");
      expect(await registry.addModel(model, NOW)).toBe(true);
      return work(registry, model);
    });
  const record = async (registry: Registry) => {
    const model = await registry.findModel("digits");
    if (!model) throw new Error("the model is gone");
    return model;
  };

  describe(`registry: ${name}`, () => {
    test("a model is found by name and by id as it was put, and its name is taken", () =>
      withModel(async (registry, model) => {
        const found = await registry.findModel("digits");
        expect(found).toMatchObject({ ...model, createdAt: NOW });
        expect(await registry.findModelById(model.modelId)).toEqual(found);
        expect(await registry.findModel("letters")).toBeUndefined();
        expect(await registry.addModel(newModel("digits"), NOW)).toBe(false);
      }));

    test("settings change, and models are listed by name in pages", () =>
      withModel(async (registry, { modelId }) => {
        await registry.addModel(newModel("a-model"), NOW);
        await registry.addModel(newModel("zebra"), NOW);
        const gate = { min_accuracy: 0, margin: 0, min_examples: 1 };
        const teachingMetrics = ["thumbs", "correct"];
        const change = { pace: "eager", logPredictions: "before", gate, teachingMetrics } as const;
        await registry.changeModel(modelId, { ...change, teachingMetrics });
        expect(await registry.findModel("digits")).toMatchObject(change);
        const first = await registry.listModels({ limit: 2 });
        expect(first.map((model) => model.name)).toEqual(["a-model", "digits"]);
        const second = await registry.listModels({ limit: 2, after: "digits" });
        expect(second.map((model) => model.name)).toEqual(["zebra"]);
      }));

    test("versions are numbered from 1 and listed newest first in pages", () =>
      withModel(async (registry, { modelId }) => {
        for (let i = 0; i < 3; i++) {
          const { number } = await registry.addVersion(modelId, newVersion(), NOW);
          expect(number).toBe(i + 1);
        }
        const page = await registry.listVersions(modelId, { limit: 2 });
        expect(page.map((version) => version.number)).toEqual([3, 2]);
        const rest = await registry.listVersions(modelId, { limit: 2, before: 2 });
        expect(rest).toEqual([await registry.findVersion(modelId, 1)]);
        expect(await registry.findVersion(modelId, 4)).toBeUndefined();
      }));

    test("two versions may have one artifact", () =>
      withModel(async (registry, { modelId }) => {
        const version = newVersion();
        await registry.addVersion(modelId, version, NOW);
        const second = await registry.addVersion(modelId, version, NOW);
        expect(second).toMatchObject({ number: 2, artifact: version.artifact, gate: null });
      }));

    test("an alias moves only from the revision that the caller saw", () =>
      withModel(async (registry, { modelId }) => {
        await registry.addVersion(modelId, newVersion(), NOW);
        await registry.addVersion(modelId, newVersion(), NOW);
        const move = { alias: "champion", reason: "", actor: "test", now: NOW };
        const made = await registry.moveAlias(modelId, {
          ...move,
          version: 1,
          expectedRevision: 0,
        });
        expect(made).toEqual({
          moved: true,
          alias: { alias: "champion", version: 1, revision: 1 },
        });
        const moved = await registry.moveAlias(modelId, {
          ...move,
          version: 2,
          expectedRevision: 1,
        });
        expect(moved.alias).toEqual({ alias: "champion", version: 2, revision: 2 });
        for (const expectedRevision of [0, 1, 3]) {
          const late = await registry.moveAlias(modelId, { ...move, version: 1, expectedRevision });
          expect(late).toEqual({ moved: false, alias: moved.alias });
        }
        expect(await registry.listAliases(modelId)).toEqual([moved.alias]);
        const deployments = await registry.listDeployments(modelId, { limit: 9 });
        expect(deployments).toMatchObject([
          { fromVersion: 1, toVersion: 2 },
          { fromVersion: null, toVersion: 1 },
        ]);
        const [newest] = deployments;
        const rest = await registry.listDeployments(modelId, {
          limit: 9,
          before: newest?.deploymentId,
        });
        expect(rest).toEqual(deployments.slice(1));
      }));

    test("a promotion and a rollback, which goes back to what the champion was by then", () =>
      withModel(async (registry, { modelId }) => {
        const promote = createPromote({ registry, clock });
        const rollback = createRollback({ registry, clock });
        const model = await record(registry);
        const request = { model, alias: "champion", reason: "", actor: "test" };
        await registry.addVersion(modelId, newVersion(), NOW);
        await registry.addVersion(modelId, newVersion({ kind: "batch", status: "passed" }), NOW);
        await registry.addVersion(modelId, newVersion({ kind: "online", parent: 1 }), NOW);
        await promote({ ...request, version: 1, expectedRevision: 0, from: null });
        await promote({ ...request, version: 2, expectedRevision: 1, from: 3 });
        expect(await rollback(request)).toMatchObject({ version: 3, revision: 3 });
        await expect(rollback(request)).rejects.toMatchObject({ code: "NOTHING_TO_ROLL_BACK" });
      }));

    test("the champion can't be a version that its gate refused, or that does not exist", () =>
      withModel(async (registry, { modelId }) => {
        const promote = createPromote({ registry, clock });
        const model = await record(registry);
        const request = {
          model,
          alias: "champion",
          reason: "",
          actor: "test",
          expectedRevision: 0,
        };
        await registry.addVersion(modelId, newVersion({ status: "candidate" }), NOW);
        await expect(promote({ ...request, version: 1 })).rejects.toMatchObject({
          code: "GATE_NOT_PASSED",
        });
        await expect(promote({ ...request, version: 2 })).rejects.toMatchObject({
          code: "VERSION_NOT_FOUND",
        });
        expect(await registry.findAlias(modelId, "champion")).toBeUndefined();
      }));

    test("a verdict holds for the champion that it was made against, however much that has learned", () =>
      withModel(async (registry, { modelId }) => {
        const promote = createPromote({ registry, clock });
        const model = await record(registry);
        const request = { model, alias: "champion", reason: "", actor: "test" };
        const judgedAgainst = (parent: number) =>
          newVersion({ kind: "batch", status: "passed", parent });
        const kept = newVersion({ kind: "online", parent: 1 });
        for (const version of [newVersion(), judgedAgainst(1), judgedAgainst(1), kept])
          await registry.addVersion(modelId, version, NOW);
        await promote({ ...request, version: 1, expectedRevision: 0 });
        await promote({ ...request, version: 4, expectedRevision: 1 });
        await promote({ ...request, version: 3, expectedRevision: 2 });
        const late = promote({ ...request, version: 2, expectedRevision: 3 });
        await expect(late).rejects.toMatchObject({
          code: "VERDICT_OUTDATED",
          message: expect.stringContaining("against version 1, and the champion is version 3 now"),
        });
        const unseen = promote({ ...request, version: 2, expectedRevision: 2 });
        await expect(unseen).rejects.toMatchObject({ code: "ALIAS_MOVED" });
        await promote({ ...request, version: 1, expectedRevision: 3 });
        await promote({ ...request, version: 3, expectedRevision: 4 });
        await registry.addVersion(modelId, judgedAgainst(1), NOW);
        await expect(
          promote({ ...request, version: 5, expectedRevision: 5 }),
        ).rejects.toMatchObject({ code: "VERDICT_OUTDATED" });
        // Has been the champion: a person may go back to it, whatever came after.
        await registry.addVersion(modelId, judgedAgainst(3), NOW);
        await promote({ ...request, version: 6, expectedRevision: 5 });
        await promote({ ...request, version: 3, expectedRevision: 6 });
        expect(await registry.findAlias(modelId, "champion")).toMatchObject({ version: 3 });
      }));

    test("a model without a learner has no checkpoint and no step", () =>
      withModel(async (registry, { modelId }) => {
        expect(await registry.newestCheckpoint(modelId)).toBeUndefined();
        expect(await registry.learnedThrough(modelId)).toBe(0);
      }));
  });
}
