import { randomBytes, randomUUID } from "node:crypto";

import { formatKey, type KeyKind, uuid7Generator } from "@groundswell/contracts";
import {
  createApiKey,
  createProject,
  createRegistry,
  type Database,
  insertPredictions,
  openDatabase,
  type Role,
  withProject,
} from "@groundswell/db";
import { pseudonym } from "@groundswell/feedback";

/** A project with a model, as the console and serve would have made them. */
export interface Project {
  projectId: string;
  modelId: string;
  pseudonymKey: Buffer;
  subjectId: (userId: string) => string;
  newKey: (kind: KeyKind) => Promise<string>;
  /** Logs one answer "one" of the model's champion for each user. */
  predict: (userIds: readonly string[]) => Promise<string[]>;
}

export type Databases = Record<Role, Database> & { close: () => Promise<void> };

export function openDatabases(url: string): Databases {
  const request = openDatabase(url, { role: "request" });
  const accept = openDatabase(url, { role: "accept" });
  const worker = openDatabase(url, { role: "worker" });
  const maintenance = openDatabase(url, { role: "maintenance", max: 2 });
  const all = { request, accept, worker, maintenance };
  return {
    ...all,
    close: async () => {
      for (const database of Object.values(all)) await database.close();
    },
  };
}

export async function newProject(databases: Databases): Promise<Project> {
  const now = new Date();
  const projectId = randomUUID();
  const modelId = randomUUID();
  const pseudonymKey = randomBytes(32);
  const newId = uuid7Generator(() => Date.now());
  const subjectId = (userId: string) => pseudonym(pseudonymKey, "user", userId);
  await createProject(databases.maintenance, { projectId, name: "test", pseudonymKey, now });
  await withProject(databases.request, projectId, (tx) =>
    createRegistry(tx, projectId).addModel(
      {
        modelId,
        name: "digits",
        recipe: "image-classifier",
        classes: ["one", "two"],
        config: {},
        pace: "calm",
        logPredictions: "before",
        gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
        examShare: 0,
        validationShare: 0,
        teachingMetrics: ["correct"],
        splitSalt: randomBytes(16),
        seed: 1,
      },
      now,
    ),
  );
  return {
    projectId,
    modelId,
    pseudonymKey,
    subjectId,
    newKey: async (kind) => {
      const id = randomBytes(6).toString("hex");
      const secret = randomBytes(16).toString("hex");
      const key = { projectId, keyId: id, kind, secret, label: "", now };
      await createApiKey(databases.maintenance, key);
      return formatKey({ kind, id, secret });
    },
    predict: async (userIds) => {
      const rows = userIds.map((userId, i) => ({
        projectId,
        predictionId: newId(),
        modelId,
        version: 1,
        learnedThrough: 0,
        pinned: false,
        subjectId: subjectId(userId),
        input: Buffer.from([i % 256]),
        output: { label: "one", probability: 0.5, classes: [] },
        latencyMs: 1,
        createdAt: now,
      }));
      await insertPredictions(databases.worker, rows);
      return rows.map((row) => row.predictionId);
    },
  };
}
