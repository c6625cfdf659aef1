import { setTimeout as delay } from "node:timers/promises";

import { createHttpApp, type Logger, type Metrics } from "@groundswell/bootstrap";
import { type Database, findModelsToLearn, postgresCheck, takeModel } from "@groundswell/db";
import type { ArtifactStore } from "@groundswell/models";
import { numericClass } from "@groundswell/onnx";
import type { FastifyInstance } from "fastify";

import { createAlarm } from "./alarm.ts";
import { openChannels } from "./channels.ts";
import { createLearnerMetrics } from "./metrics.ts";
import { type ModelLearner, type ModelLearnerDeps, startModelLearner } from "./model-learner.ts";

export { learnSteps, rebuild, type Rebuilt } from "./rebuild.ts";
export type { LearningProtocol } from "./learning-protocol.ts";

export interface LearnerDeps {
  /** As `worker`. */
  database: Database;
  artifacts: ArtifactStore;
  redisUrl: string;
  /** Of channels. */
  prefix: string;
  /** Tells this process from other learners. */
  holder: string;
  checkpointEveryMs: number;
  leaseMs: number;
  idleMs: number;
  clock: () => Date;
  logger: Logger;
  metrics: Metrics;
}

export interface Learner {
  /** Health and metrics. */
  app: FastifyInstance;
  /** Writes a checkpoint of each model and gives them back. */
  close: () => Promise<void>;
}

/** News of models may be lost. */
const LOOK_EVERY_MS = 1_000;
/** News of a model that another learner holds come as often as there is feedback. */
const LEAST_REST_MS = 20;
const RETRY_MS = 1_000;
/** Bits of a step hold at one number of threads only. */
const THREADS = 1;

/** Learns online: takes models up as they want it, each on a thread of its own. */
export function buildLearner(deps: LearnerDeps): Learner {
  const { database, holder, leaseMs, logger } = deps;
  const metrics = createLearnerMetrics(deps.metrics);
  const running = new Map<string, ModelLearner>();
  const alarm = createAlarm();
  const ring = () => alarm.ring();
  let closing = false;

  const channels = openChannels({
    ...deps,
    onLedger: (modelId) => (running.get(modelId)?.look ?? ring)(),
    onModel: (modelId) => (running.get(modelId)?.readModel ?? ring)(),
    // A model that nobody holds is whole in its newest checkpoint.
    onWanted: (modelId) => running.get(modelId)?.wantWhole(),
  });
  const modelDeps: ModelLearnerDeps = {
    ...deps,
    channels,
    metrics,
    numericClass: `${numericClass()}, ${THREADS} thread`,
  };
  const takeUp = async (projectId: string, modelId: string) => {
    const asked = performance.now();
    const hold = await takeModel(database, { projectId, modelId, holder }, leaseMs);
    if (!hold) return;
    const learner = startModelLearner(modelDeps, hold, asked);
    running.set(modelId, learner);
    metrics.models.set(running.size);
    void learner.ended.then((how) => {
      const forget = () => {
        running.delete(modelId);
        metrics.models.set(running.size);
      };
      // What failed a moment ago would fail again at once.
      if (how === "failed" && !closing) setTimeout(forget, RETRY_MS);
      else forget();
    });
  };
  const look = async () => {
    while (!closing) {
      try {
        for (const { projectId, modelId } of await findModelsToLearn(database))
          if (!running.has(modelId) && !closing) await takeUp(projectId, modelId);
      } catch (error) {
        logger.warn({ err: error }, "looking for models to learn");
      }
      await delay(LEAST_REST_MS);
      await alarm.wait(LOOK_EVERY_MS);
    }
  };
  const looking = look();

  const app = createHttpApp({
    logger,
    metrics: deps.metrics,
    bodyLimit: 1_024,
    checks: [postgresCheck(database)],
  });
  return {
    app,
    close: async () => {
      closing = true;
      alarm.ring();
      await looking;
      const last = [...running.values()];
      for (const learner of last) learner.stop();
      await Promise.all(last.map(({ ended }) => ended));
      await channels.close();
    },
  };
}
