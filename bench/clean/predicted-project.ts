import { randomBytes, randomUUID } from "node:crypto";

import { uuid7Generator } from "@groundswell/contracts";
import {
  createProject,
  createRegistry,
  insertPredictions,
  openDatabase,
  recordDecisions,
  withProject,
} from "@groundswell/db";
import { pseudonym } from "@groundswell/feedback";

import type { Prediction } from "../accept/events.ts";

const USERS = 5_000;
const SLICE = 1_000;

/** A project whose users all agreed, with answers of its model that wait for feedback. */
export async function predictedProject(
  databaseUrl: string,
  howMany: number,
): Promise<{ projectId: string; predictions: Prediction[] }> {
  const maintenance = openDatabase(databaseUrl, { role: "maintenance", max: 1 });
  const request = openDatabase(databaseUrl, { role: "request", max: 1 });
  const worker = openDatabase(databaseUrl, { role: "worker", max: 1 });
  const now = new Date();
  const newId = uuid7Generator(() => Date.now());
  const [projectId, modelId] = [randomUUID(), randomUUID()];
  const pseudonymKey = randomBytes(32);
  const subjectId = (userId: string) => pseudonym(pseudonymKey, "user", userId);
  try {
    await createProject(maintenance, { projectId, name: "bench", pseudonymKey, now });
    await withProject(request, projectId, (tx) =>
      createRegistry(tx, projectId).addModel(
        {
          modelId,
          name: "digits",
          recipe: "image-classifier",
          classes: ["one", "two"],
          config: {},
          pace: "off",
          logPredictions: "before",
          gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
          examShare: 0.1,
          validationShare: 0.1,
          teachingMetrics: ["correct"],
          splitSalt: randomBytes(16),
          seed: 1,
        },
        now,
      ),
    );
    const decisions = Array.from({ length: USERS }, (_, i) => ({
      projectId,
      subjectId: subjectId(`user-${i}`),
      purpose: "model_training" as const,
      granted: true,
      decidedAt: now,
      receivedAt: now,
      method: "bench",
      key: { kind: "secret" as const, id: null },
    }));
    await worker.transaction((tx) => recordDecisions(tx, decisions, "all"));
    const predictions = Array.from({ length: howMany }, (_, i) => ({
      userId: `user-${i % USERS}`,
      predictionId: newId(),
    }));
    for (let from = 0; from < howMany; from += SLICE)
      await insertPredictions(
        worker,
        predictions.slice(from, from + SLICE).map(({ userId, predictionId }) => ({
          projectId,
          predictionId,
          modelId,
          version: 1,
          learnedThrough: 0,
          pinned: false,
          subjectId: subjectId(userId),
          // As many bytes as a small picture.
          input: randomBytes(784),
          output: { label: "one", probability: 0.5, classes: [] },
          latencyMs: 1,
          createdAt: now,
        })),
      );
    return { projectId, predictions };
  } finally {
    for (const database of [maintenance, request, worker]) await database.close();
  }
}
