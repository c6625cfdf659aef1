/** What tests of learning stand on: a project with a small model, and people who teach it. */
import { randomBytes, randomUUID } from "node:crypto";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { channelNames, CHANNELS, type Pace } from "@groundswell/contracts";
import {
  createProject,
  createRegistry,
  type Database,
  listCheckpoints,
  openDatabase,
  recordDecisions,
  supersedeExamples,
} from "@groundswell/db";
import type { TestEnv } from "@groundswell/local/testing";
import {
  CHAMPION,
  type Frame,
  decodeFrame,
  type ModelRecord,
  openArtifactStore,
} from "@groundswell/models";
import { openThread, type Thread } from "@groundswell/onnx";
import { encodeWeights, initialWeights, readWeights, type Weights } from "@groundswell/training";
import { Redis } from "ioredis";

import { buildLearner, type LearnerDeps } from "./index.ts";
import type { LearningProtocol } from "./learning-protocol.ts";
import { rebuild, type Rebuilt, settingsOf } from "./rebuild.ts";

const PIXELS = 16;
export const CLASSES = ["left", "right"];

/** Bright on one side: what the classes are told apart by. */
export function pictureOf(target: string, shade: number): Buffer {
  const left = target === "left";
  return Buffer.from(
    Array.from({ length: PIXELS }, (_, i) =>
      i % 4 < 2 === left ? 200 + (shade % 50) : shade % 30,
    ),
  );
}

export interface Taught {
  seq: number;
  subjectId: string;
}

/** @param env a migrated database, a Redis, and a folder */
export function openLearningWorld({ databaseUrl, redisUrl, prefix, artifacts }: TestEnv) {
  const maintenance = openDatabase(databaseUrl, { role: "maintenance", name: "world", max: 1 });
  const database = openDatabase(databaseUrl, { role: "worker", name: "world", max: 4 });
  const redis = new Redis(redisUrl);
  const store = openArtifactStore(artifacts);
  const channel = channelNames(prefix);
  let opened: Thread<LearningProtocol> | undefined;
  const rebuilder = () => (opened ??= openThread(new URL("./learning-thread.ts", import.meta.url)));
  const tell = (name: string, modelId: string) => redis.publish(channel(name), modelId);

  return {
    database,
    artifacts: store,
    redis,
    tell,
    /** A learner in this process, with everything short enough for a test. */
    startLearner: (over: Partial<LearnerDeps> = {}) =>
      buildLearner({
        database,
        artifacts: store,
        redisUrl,
        prefix,
        holder: randomUUID(),
        checkpointEveryMs: 200,
        leaseMs: 1_000,
        idleMs: 60_000,
        clock: () => new Date(),
        logger: createLogger({ service: "learner", level: "fatal" }),
        metrics: createMetrics({ service: "learner" }),
        ...over,
      }),
    async newModel(pace: Pace = "eager"): Promise<LearningModel> {
      const projectId = randomUUID();
      const now = new Date();
      const pseudonymKey = randomBytes(32);
      await createProject(maintenance, { projectId, name: "learning", pseudonymKey, now });
      const model = await addModel(maintenance, projectId, pace);
      const settings = settingsOf(model);
      const learning = createLearningModel({ database, store, tell, rebuilder, model });
      await learning.addVersion(initialWeights(settings), 0);
      await createRegistry(maintenance, projectId).moveAlias(model.modelId, {
        alias: CHAMPION,
        version: 1,
        expectedRevision: 0,
        reason: "first",
        actor: "test",
        now,
      });
      return learning;
    },
    /** Frames of a model as a server would get them. */
    async watchFrames(modelId: string) {
      const subscriber = new Redis(redisUrl);
      const frames: Frame[] = [];
      subscriber.on("messageBuffer", (_channel: Buffer, bytes: Buffer) => {
        frames.push(decodeFrame(bytes));
      });
      await subscriber.subscribe(channel(CHANNELS.weights(modelId)));
      return { frames, close: () => subscriber.disconnect() };
    },
    async close() {
      redis.disconnect();
      await opened?.close();
      await database.close();
      await maintenance.close();
    },
  };
}

async function addModel(
  maintenance: Database,
  projectId: string,
  pace: Pace,
): Promise<ModelRecord> {
  const registry = createRegistry(maintenance, projectId);
  const online = { window: 32, replay: 4, learning_rate: 0.01 };
  await registry.addModel(
    {
      modelId: randomUUID(),
      name: "sides",
      recipe: "image-classifier",
      classes: CLASSES,
      config: { width: 4, height: 4, hidden: 8, online },
      pace,
      logPredictions: "after",
      gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
      examShare: 0,
      validationShare: 0,
      teachingMetrics: ["correct"],
      splitSalt: randomBytes(16),
      seed: 7,
    },
    new Date(),
  );
  const model = await registry.findModel("sides");
  if (!model) throw new Error("The model is gone");
  return model;
}

export type LearningModel = ReturnType<typeof createLearningModel>;

interface ModelWorld {
  database: Database;
  store: ReturnType<typeof openArtifactStore>;
  tell: (name: string, modelId: string) => Promise<unknown>;
  /** The thread that computes records anew. */
  rebuilder: () => Thread<LearningProtocol>;
  model: ModelRecord;
}

function createLearningModel({ database, store, tell, rebuilder, model }: ModelWorld) {
  const { projectId, modelId } = model;
  const registry = createRegistry(database, projectId);
  let shade = 0;
  return {
    model,
    projectId,
    modelId,
    async addVersion(weights: Weights, learnedThrough: number): Promise<number> {
      const artifact = await store.put(projectId, encodeWeights(settingsOf(model), weights));
      const version = await registry.addVersion(
        modelId,
        {
          kind: "batch",
          status: "passed",
          parent: null,
          runId: null,
          learnedThrough,
          artifact,
          lineage: {},
        },
        new Date(),
      );
      return version.number;
    },
    async moveChampion(version: number): Promise<void> {
      const alias = await registry.findAlias(modelId, CHAMPION);
      const expectedRevision = alias?.revision ?? 0;
      const move = { alias: CHAMPION, version, expectedRevision, reason: "", actor: "test" };
      await registry.moveAlias(modelId, { ...move, now: new Date() });
      await tell(CHANNELS.models, modelId);
    },
    /** Examples in the ledger and in the learner's queue, as the worker writes them. */
    async teach(
      count: number,
      {
        subjectId = randomUUID() as string,
        split = "train",
        target = undefined as string | undefined,
      } = {},
    ): Promise<Taught[]> {
      const examples = Array.from({ length: count }, () => {
        const right = target ?? CLASSES[shade % 2] ?? "";
        return { target: right, input: pictureOf(right, shade++) };
      });
      const rows = await database.query<{ seq: number }>(
        `with fresh as (
           insert into ledger (project_id, model_id, kind, subject_id, split, feedback_id, input,
             target, weight, created_at)
           select $1, $2, 'example', $3, $4, gen_random_uuid(), g.input, g.target, 1, now()
           from unnest($5::bytea[], $6::text[]) with ordinality g (input, target, place)
           order by place returning seq, split),
         queued as (
           insert into ledger_queue select $1, $2, seq, 'example' from fresh where split <> 'exam')
         select seq from fresh order by seq`,
        [
          projectId,
          modelId,
          subjectId,
          split,
          examples.map(({ input }) => input),
          examples.map((one) => one.target),
        ],
      );
      await tell(CHANNELS.ledger, modelId);
      return rows.map(({ seq }) => ({ seq, subjectId }));
    },
    async withdraw(subjectId: string): Promise<void> {
      const now = new Date();
      const key = { kind: "secret" as const, id: null };
      const about = { projectId, subjectId, purpose: "model_training" as const };
      const agreed = { ...about, key, method: "test" };
      await database.transaction(async (tx) => {
        const yes = { ...agreed, granted: true, decidedAt: new Date(0), receivedAt: now };
        await recordDecisions(tx, [yes], "all");
        const no = { ...agreed, granted: false, decidedAt: now, receivedAt: now };
        await recordDecisions(tx, [no], "all");
      });
      await tell(CHANNELS.ledger, modelId);
    },
    async supersede({ seq }: Taught): Promise<void> {
      await database.transaction((tx) =>
        supersedeExamples(tx, [{ projectId, modelId, seq }], new Date()),
      );
      await tell(CHANNELS.ledger, modelId);
    },
    steps: () =>
      database.query<{
        step: number;
        fence: number;
        base: number | null;
        took: number[];
        dropped: number[];
        entries: number[];
      }>(
        `select step, fence, base_version as base, took, dropped, entries from steps
         where project_id = $1 and model_id = $2 order by step`,
        [projectId, modelId],
      ),
    checkpoints: () => listCheckpoints(database, { projectId, modelId }),
    queued: async () => {
      const rows = await database.query<{ seq: number }>(
        "select seq from ledger_queue where project_id = $1 and model_id = $2",
        [projectId, modelId],
      );
      return rows.length;
    },
    /** The learner's state after a step, computed anew from its record: what it would save. */
    async rebuild(
      options: { scratch?: boolean; through?: number } = {},
    ): Promise<Rebuilt & { bytes: Uint8Array; weights: Weights }> {
      const thread = rebuilder();
      const rebuilt = await rebuild({ database, artifacts: store, thread }, model, options);
      const { bytes } = await thread.call("save", null);
      return { ...rebuilt, bytes, weights: readWeights("checkpoint", settingsOf(model), bytes) };
    },
  };
}
