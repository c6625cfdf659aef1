import { randomBytes, randomUUID } from "node:crypto";

import { testEnv } from "@groundswell/local/testing";
import { describeRegistry } from "@groundswell/models/testing";
import { afterAll, expect, test } from "vitest";

import { openDatabase, withProject } from "../database.ts";
import { createProject } from "./projects.ts";
import { createRegistry } from "./registry.ts";

const { databaseUrl } = await testEnv();
const maintenance = openDatabase(databaseUrl, { role: "maintenance" });
const request = openDatabase(databaseUrl, { role: "request" });
const worker = openDatabase(databaseUrl, { role: "worker" });
afterAll(() => Promise.all([maintenance.close(), request.close(), worker.close()]));

const NOW = new Date("2026-11-25T10:00:00.000Z");

async function newProject(): Promise<string> {
  const projectId = randomUUID();
  const pseudonymKey = randomBytes(32);
  await createProject(maintenance, { projectId, name: "test", pseudonymKey, now: NOW });
  return projectId;
}

describeRegistry("postgres", async (work) => {
  const projectId = await newProject();
  return withProject(request, projectId, (tx) => work(createRegistry(tx, projectId)));
});

async function newModel(projectId: string): Promise<string> {
  const modelId = randomUUID();
  await withProject(request, projectId, (tx) =>
    createRegistry(tx, projectId).addModel(
      {
        modelId,
        name: "digits",
        recipe: "image-classifier",
        classes: ["0", "1"],
        config: {},
        pace: "calm",
        logPredictions: "after",
        gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
        examShare: 0.1,
        validationShare: 0.1,
        teachingMetrics: ["correct"],
        splitSalt: randomBytes(16),
        seed: 1,
      },
      NOW,
    ),
  );
  return modelId;
}

const version = {
  kind: "batch" as const,
  status: "passed" as const,
  parent: null,
  runId: null,
  learnedThrough: 0,
  artifact: { sha256: "ab".repeat(32), bytes: 1 },
  lineage: {},
};

test("versions that are added at the same time get different numbers without a hole", async () => {
  const projectId = await newProject();
  const modelId = await newModel(projectId);
  const registry = createRegistry(worker, projectId);
  const added = await Promise.all(
    Array.from({ length: 12 }, () => registry.addVersion(modelId, version, NOW)),
  );
  expect(added.map((one) => one.number).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
});

test("of many who move an alias from one revision, one does", async () => {
  const projectId = await newProject();
  const modelId = await newModel(projectId);
  const registry = createRegistry(worker, projectId);
  await registry.addVersion(modelId, version, NOW);
  const move = { alias: "champion", version: 1, reason: "", actor: "test", now: NOW };
  for (const expectedRevision of [0, 1]) {
    const made = await Promise.all(
      Array.from({ length: 8 }, () => registry.moveAlias(modelId, { ...move, expectedRevision })),
    );
    expect(made.filter((one) => one.moved)).toHaveLength(1);
  }
  expect(await registry.listDeployments(modelId, { limit: 99 })).toHaveLength(2);
});

test("another project's model is not there", async () => {
  const owner = await newProject();
  const modelId = await newModel(owner);
  const other = await newProject();
  await withProject(request, other, async (tx) => {
    expect(await createRegistry(tx, other).findModelById(modelId)).toBeUndefined();
    // Row-level security holds also where the query names the owner.
    expect(await createRegistry(tx, owner).findModelById(modelId)).toBeUndefined();
  });
});

test("evaluations are found by version", async () => {
  const projectId = await newProject();
  const modelId = await newModel(projectId);
  const registry = createRegistry(worker, projectId);
  const accuracy = { value: 0.5, low: 0.4, high: 0.6, n: 100 };
  const exam = { split: "exam" as const, metrics: { accuracy }, examples: 100 };
  await registry.addEvaluation(modelId, { ...exam, version: 1 }, NOW);
  await registry.addEvaluation(modelId, { ...exam, version: 2 }, NOW);
  expect(await registry.listEvaluations(modelId, [2])).toEqual([{ ...exam, version: 2 }]);
});

test("the newest checkpoint says from which version its line of learning began", async () => {
  const projectId = await newProject();
  const modelId = await newModel(projectId);
  const registry = createRegistry(worker, projectId);
  await registry.addVersion(modelId, version, NOW);
  const steps = [
    [1, null],
    [2, 4],
    [3, null],
    [4, 5],
  ];
  for (const [step, base] of steps)
    await worker.query(
      `insert into steps (project_id, model_id, step, fence, base_version, took, dropped, entries, recorded_at)
       values ($1, $2, $3, 1, $4, '{}', '{}', '{}', $5)`,
      [projectId, modelId, step, base, NOW],
    );
  const checkpoint = async (step: number) => {
    await worker.query(
      `insert into checkpoints (project_id, model_id, step, fence, artifact, numeric_class, created_at)
       values ($1, $2, $3, 1, $4, 'test', $5)`,
      [projectId, modelId, step, version.artifact.sha256, NOW],
    );
    return registry.newestCheckpoint(modelId);
  };
  expect(await checkpoint(1)).toMatchObject({ step: 1, base: null, artifact: version.artifact });
  expect(await checkpoint(3)).toMatchObject({ step: 3, base: 4 });
  expect(await checkpoint(4)).toMatchObject({ step: 4, base: 5 });
  expect(await registry.learnedThrough(modelId)).toBe(4);
});
