/** What tests and benchmarks of serving stand on: projects with models whose labels tell which weights answered. */
import { randomBytes, randomUUID } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import {
  channelNames,
  CHANNELS,
  formatKey,
  type PredictionAnswer,
  type Problem,
} from "@groundswell/contracts";
import {
  createApiKey,
  createProject,
  createRegistry,
  openDatabase,
  revokeApiKey,
  withProject,
} from "@groundswell/db";
import type { TestEnv } from "@groundswell/local/testing";
import {
  encodeFrame,
  type Frame,
  type ModelRecord,
  openArtifactStore,
  type Weights,
} from "@groundswell/models";
import { dataOf } from "@groundswell/onnx";
import { encodeWeights, initialWeights, type ModelSettings } from "@groundswell/training";
import { Redis } from "ioredis";

import { buildServe, type ServeDeps, type ServeLimits } from "./serve.ts";

const SIDE = 8;
const CLASSES = Array.from({ length: 10 }, (_, k) => `class ${k}`);

export const labelOf = (k: number) => `class ${k % 10}`;

/** Weights of a model that answers class `k` to everything. */
export function weightsSaying(settings: ModelSettings, k: number): Weights {
  const weights = initialWeights(settings);
  const values = Object.values(weights.dense).map((parameter) => dataOf(parameter, "float32"));
  for (const data of values) data.fill(0);
  dataOf(weights.dense["output.bias"], "float32")[k % 10] = 8;
  return weights;
}

export function greyPng(side: number, pixel: (i: number) => number = (i) => i % 251): Buffer {
  const rows = Buffer.alloc(side * (side + 1));
  for (let i = 0; i < side * side; i++) rows[i + Math.floor(i / side) + 1] = pixel(i);
  return pngOf(side, side, deflateSync(rows));
}

export function chunkOf(type: string, body: Buffer): Buffer {
  const whole = Buffer.alloc(body.length + 12);
  whole.writeUInt32BE(body.length, 0);
  whole.write(type, 4, "latin1");
  body.copy(whole, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}

/** A grey PNG of 8 bits, whatever its data is. */
export function pngOf(width: number, height: number, data: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8; // bits of a grey pixel
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunkOf("IHDR", header),
    chunkOf("IDAT", data),
    chunkOf("IEND", Buffer.alloc(0)),
  ]);
}

export const picture = (png = greyPng(SIDE)) => ({ image: { b64: png.toString("base64") } });

const LIMITS: ServeLimits = { modelsLoaded: 8, pinnedLoaded: 2, decoding: 2, logPending: 1_000 };

export interface Answer {
  status: number;
  body: PredictionAnswer & Partial<Problem>;
}

/** @param env a migrated database, a Redis, and a folder */
export function openServingWorld({ databaseUrl, redisUrl, prefix, artifacts }: TestEnv) {
  const maintenance = openDatabase(databaseUrl, { role: "maintenance", max: 1 });
  const database = openDatabase(databaseUrl, { role: "request" });
  const logDatabase = openDatabase(databaseUrl, { role: "worker" });
  const redis = new Redis(redisUrl);
  const store = openArtifactStore(artifacts);
  const channel = channelNames(prefix);
  const now = () => new Date();

  const newProject = async () => {
    const projectId = randomUUID();
    await createProject(maintenance, {
      projectId,
      name: "test",
      pseudonymKey: randomBytes(32),
      now: now(),
    });
    const keyId = randomBytes(6).toString("hex");
    const key = { kind: "write" as const, secret: randomBytes(16).toString("hex") };
    await createApiKey(maintenance, { projectId, keyId, ...key, label: "", now: now() });
    return {
      projectId,
      key: formatKey({ id: keyId, ...key }),
      revokeKey: () => revokeApiKey(maintenance, projectId, keyId, now()),
    };
  };

  const newModel = async (
    projectId: string,
    name: string,
    options: Partial<Pick<ModelRecord, "logPredictions" | "pace" | "config">> = {},
  ) => {
    const settings: ModelSettings = {
      recipe: "image-classifier",
      classes: CLASSES,
      config: options.config ?? { width: SIDE, height: SIDE, hidden: 4 },
      seed: 1,
    };
    const modelId = randomUUID();
    const inProject = <T>(work: (registry: ReturnType<typeof createRegistry>) => Promise<T>) =>
      withProject(database, projectId, (tx) => work(createRegistry(tx, projectId)));
    await inProject((registry) =>
      registry.addModel(
        {
          modelId,
          name,
          recipe: settings.recipe,
          classes: CLASSES,
          config: settings.config,
          seed: settings.seed,
          pace: options.pace ?? "calm",
          logPredictions: options.logPredictions ?? "after",
          gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
          examShare: 0.1,
          validationShare: 0.1,
          teachingMetrics: ["correct"],
          splitSalt: randomBytes(16),
        },
        now(),
      ),
    );
    return {
      projectId,
      modelId,
      name,
      settings,
      inProject,
      /** A version that answers class `k`. */
      addVersion: async (k: number, learnedThrough = 0) => {
        const content = encodeWeights(settings, weightsSaying(settings, k));
        const artifact = await store.put(projectId, content);
        return inProject((registry) =>
          registry.addVersion(
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
            now(),
          ),
        );
      },
      moveChampion: async (version: number) => {
        await inProject(async (registry) => {
          const alias = await registry.findAlias(modelId, "champion");
          await registry.moveAlias(modelId, {
            alias: "champion",
            version,
            expectedRevision: alias?.revision ?? 0,
            reason: "test",
            actor: "test",
            now: now(),
          });
        });
        await redis.publish(channel(CHANNELS.models), modelId);
      },
      publish: (frame: Frame) =>
        redis.publish(channel(CHANNELS.weights(modelId)), Buffer.from(encodeFrame(frame))),
      /** A whole frame of a learner that answers class `k`. */
      frame: (k: number, header: { step: number; fence?: number; base?: number }): Frame => ({
        kind: "whole",
        header: { modelId, fence: 1, base: 1, from: null, ...header },
        weights: weightsSaying(settings, k),
      }),
    };
  };

  return {
    databaseUrl,
    redisUrl,
    prefix,
    artifacts,
    database,
    logDatabase,
    redis,
    channel,
    newProject,
    newModel,
    build: (change: Partial<ServeDeps> = {}) =>
      buildServe({
        database,
        logDatabase,
        redisUrl,
        artifacts,
        prefix,
        logger: createLogger({ service: "serve", level: "silent" }),
        metrics: createMetrics({ service: "serve" }),
        clock: Date.now,
        limits: LIMITS,
        ...change,
      }),
    close: async () => {
      redis.disconnect();
      await Promise.all([maintenance.close(), database.close(), logDatabase.close()]);
    },
  };
}

export type ServingWorld = ReturnType<typeof openServingWorld>;
export type TestModel = Awaited<ReturnType<ServingWorld["newModel"]>>;

/** Asks for a prediction as a client does. */
export function askerOf(app: ReturnType<ServingWorld["build"]>, key: string) {
  return async (name: string, body: object): Promise<Answer> => {
    const response = await app.inject({
      method: "POST",
      url: `/api/v1/models/${name}/predictions`,
      headers: { authorization: `Bearer ${key}` },
      payload: body,
    });
    return { status: response.statusCode, body: response.json<Answer["body"]>() };
  };
}
