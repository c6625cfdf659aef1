/** What tests of the trainer stand on: a model of tiny pictures, and rows as the worker and the learner leave them. */
import { randomBytes, randomUUID } from "node:crypto";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import {
  createProject,
  createRegistry,
  createRun,
  findRun,
  openDatabase,
  readRunEvents,
} from "@groundswell/db";
import type { TestEnv } from "@groundswell/local/testing";
import { CHAMPION, openArtifactStore } from "@groundswell/models";
import { encodeWeights, initialWeights } from "@groundswell/training";

import { buildTrainer, type TrainerDeps } from "./index.ts";

const SIDE = 8;
const CLASSES = ["left", "right"];
const CONFIG = {
  width: SIDE,
  height: SIDE,
  hidden: 8,
  batch: { epochs: 8, batch_size: 16, learning_rate: 0.01, patience: 8, shift: 0 },
};

export interface Row {
  split: "train" | "validation" | "exam";
  agrees?: boolean;
  excluded?: boolean;
  /** In no step: the learner has not come to it. */
  untaken?: boolean;
}

/** Bright on the side that it is called after, with a little noise that is the row's own. */
function picture(target: string, row: number): Buffer {
  return Buffer.from(
    Array.from({ length: SIDE * SIDE }, (_, i) => {
      const onLeft = i % SIDE < SIDE / 2;
      return (onLeft === (target === "left") ? 200 : 20) + ((row * 7 + i * 13) % 32);
    }),
  );
}

export function openTrainingWorld(env: TestEnv) {
  const maintenance = openDatabase(env.databaseUrl, { role: "maintenance", max: 2 });
  const worker = openDatabase(env.databaseUrl, { role: "worker" });
  const artifacts = openArtifactStore(env.artifacts);
  const clock = () => new Date();

  const newModel = async (gate: Partial<{ min_accuracy: number }> = {}) => {
    const projectId = randomUUID();
    const modelId = randomUUID();
    const pseudonymKey = randomBytes(32);
    await createProject(maintenance, { projectId, name: "t", pseudonymKey, now: clock() });
    const registry = createRegistry(maintenance, projectId);
    const settings = {
      recipe: "image-classifier" as const,
      classes: CLASSES,
      config: CONFIG,
      seed: 1,
    };
    await registry.addModel(
      {
        ...settings,
        modelId,
        name: "sides",
        pace: "calm",
        logPredictions: "after",
        gate: { min_accuracy: 0, margin: 0.05, min_examples: 10, ...gate },
        examShare: 0.1,
        validationShare: 0.1,
        teachingMetrics: ["correct"],
        splitSalt: randomBytes(16),
      },
      clock(),
    );
    const bytes = encodeWeights(settings, initialWeights(settings));
    const artifact = await artifacts.put(projectId, bytes);
    const first = { parent: null, runId: null, learnedThrough: 0, artifact, lineage: {} };
    await registry.addVersion(modelId, { kind: "initial", status: "ready", ...first }, clock());
    const move = { alias: CHAMPION, version: 1, expectedRevision: 0 };
    await registry.moveAlias(modelId, { ...move, reason: "", actor: "test", now: clock() });
    return { projectId, modelId, registry };
  };
  type Model = Awaited<ReturnType<typeof newModel>>;

  /** @returns the positions of the rows, in their order */
  const addRows = async ({ projectId, modelId }: Model, rows: readonly Row[]) => {
    const seqs: number[] = [];
    for (const [i, { split, agrees = true, excluded = false }] of rows.entries()) {
      const subject = randomUUID();
      const target = CLASSES[i % 2] ?? "";
      await worker.query(
        `insert into consent_state (project_id, subject_id, purpose, granted, decided_at)
         values ($1, $2, 'model_training', $3, now())`,
        [projectId, subject, agrees],
      );
      const [row] = await worker.query<{ seq: number }>(
        `insert into ledger (project_id, model_id, kind, subject_id, split, feedback_id, prediction_id,
           input, target, weight, excluded_by, created_at)
         values ($1, $2, 'example', $3, $4, $5, $6, $7, $8, 1, $9, now()) returning seq`,
        [
          projectId,
          modelId,
          subject,
          split,
          `f-${i}`,
          randomUUID(),
          picture(target, i),
          target,
          excluded ? 0 : null,
        ],
      );
      seqs.push(row?.seq ?? 0);
    }
    return seqs;
  };

  const addStep = ({ projectId, modelId }: Model, step: number, took: number[]) =>
    worker.query(
      `insert into steps (project_id, model_id, step, fence, took, dropped, entries, recorded_at)
       values ($1, $2, $3, 1, $4, '{}', '{}', now())`,
      [projectId, modelId, step, took],
    );

  const startRun = async ({ projectId, modelId }: Model, config: Record<string, unknown> = {}) => {
    const runId = randomUUID();
    const run = { projectId, runId, modelId, trigger: "manual", seed: 1, note: null };
    // The console does this, as `request` in its project; here the tables' owner does.
    await maintenance.transaction((tx) => createRun(tx, { ...run, config, now: clock() }));
    return { projectId, modelId, runId };
  };

  const trainer = (change: Partial<TrainerDeps> = {}) =>
    buildTrainer({
      database: worker,
      artifacts,
      redisUrl: env.redisUrl,
      prefix: env.prefix,
      holder: randomUUID(),
      threads: 1,
      clock,
      logger: createLogger({ service: "trainer", level: "fatal" }),
      metrics: createMetrics({ service: "trainer" }),
      ...change,
    });

  type Run = Awaited<ReturnType<typeof startRun>>;
  const ended = async (run: Run) => {
    for (;;) {
      const now = await findRun(worker, run);
      if (now && now.status !== "queued" && now.status !== "running") return now;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const eventsOf = async (run: Run) =>
    (await readRunEvents(worker, { ...run, after: 0, limit: 1_000 }))?.events.map(
      ({ event }) => event,
    ) ?? [];

  return {
    worker,
    artifacts,
    newModel,
    addRows,
    addStep,
    startRun,
    trainer,
    ended,
    eventsOf,
    run: (run: Run) => findRun(worker, run),
    close: () => Promise.all([maintenance.close(), worker.close()]),
  };
}
