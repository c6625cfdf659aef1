import { randomBytes, randomUUID } from "node:crypto";
import { zstdCompressSync } from "node:zlib";

import { uuid7Generator } from "@groundswell/contracts";
import {
  createProject,
  createRegistry,
  insertInbox,
  insertPredictions,
  openDatabase,
  postConsent,
  withProject,
} from "@groundswell/db";
import {
  datePosted,
  type EnvelopeHead,
  envelopeLine,
  itemsOf,
  pseudonym,
} from "@groundswell/feedback";
import { exampleOf, wasRight } from "@groundswell/training/examples";

import { createCleaner } from "./clean-inbox.ts";
import type { Written } from "./write-batch.ts";

interface ProjectOptions {
  examShare?: number;
  classes?: string[];
}

type Failure = Parameters<Parameters<typeof createCleaner>[0]["onFailed"]>[0];

/** A project with a model, and a worker's cleaning of it, on a real database: for tests. */
export async function openTestProject(databaseUrl: string, options: ProjectOptions = {}) {
  const worker = openDatabase(databaseUrl, { role: "worker", max: 6 });
  const request = openDatabase(databaseUrl, { role: "request", max: 4 });
  const accept = openDatabase(databaseUrl, { role: "accept", max: 2 });
  const maintenance = openDatabase(databaseUrl, { role: "maintenance", max: 1 });
  const clock = () => new Date();
  const newId = uuid7Generator(() => Date.now());
  const project = {
    projectId: randomUUID(),
    name: "test",
    pseudonymKey: randomBytes(32),
    now: clock(),
  };
  await createProject(maintenance, project);
  const { projectId, pseudonymKey } = project;
  const modelId = randomUUID();
  await withProject(request, projectId, (tx) =>
    createRegistry(tx, projectId).addModel(
      {
        modelId,
        name: "digits",
        recipe: "image-classifier",
        classes: options.classes ?? ["one", "two", "three"],
        config: {},
        pace: "calm",
        logPredictions: "before",
        gate: { min_accuracy: 0, margin: 0, min_examples: 1 },
        examShare: options.examShare ?? 0,
        validationShare: 0,
        teachingMetrics: ["correct", "helpful"],
        splitSalt: randomBytes(16),
        seed: 1,
      },
      clock(),
    ),
  );

  const cleaned: Written[] = [];
  const failures: Failure[] = [];
  const cleanerDeps = {
    database: worker,
    teaching: { exampleOf, wasRight },
    clock,
    newId,
    onCleaned: (written: Written) => void cleaned.push(written),
    onFailed: (failure: Failure) => void failures.push(failure),
  };
  const subjectId = (userId: string) => pseudonym(pseudonymKey, "user", userId);

  return {
    projectId,
    modelId,
    pseudonymKey,
    subjectId,
    databases: { worker, request, accept, maintenance },
    cleanerDeps,
    cleaner: createCleaner(cleanerDeps),
    cleaned,
    failures,
    newId,

    /** Logs a prediction, as serve does. */
    predict: async (
      userId: string | null,
      { label = "one", pinned = false, predictionId = newId() } = {},
    ): Promise<string> => {
      await insertPredictions(worker, [
        {
          projectId,
          predictionId,
          modelId,
          version: 1,
          learnedThrough: 0,
          pinned,
          subjectId: userId === null ? null : subjectId(userId),
          input: Buffer.from([1, 2, 3]),
          output: { label, probability: 0.5, classes: [] },
          latencyMs: 1,
          createdAt: clock(),
        },
      ]);
      return predictionId;
    },

    /** Puts a request into the inbox, as ingest does. */
    post: async (
      head: Pick<EnvelopeHead, "kind"> & Partial<EnvelopeHead>,
      body: object,
      receivedAt = clock(),
    ): Promise<number> => {
      const line = envelopeLine({ key: "secret", ...head }, Buffer.from(JSON.stringify(body)));
      const items = itemsOf({ ...head, body }).length;
      const group = { projectId, items, body: zstdCompressSync(line) };
      const [inboxId] = await insertInbox(accept, [group], receivedAt);
      return inboxId ?? 0;
    },

    /** Said by a secret key, now unless it is dated. */
    consent: (userId: string, granted: boolean, occurredAt?: Date) => {
      const now = clock();
      return withProject(request, projectId, (tx) =>
        postConsent(tx, {
          projectId,
          subjectId: subjectId(userId),
          consentId: newId(),
          clientId: newId(),
          purposes: { model_training: granted },
          dateOf: datePosted({ occurredAt, signedAt: undefined, hasId: true, now }),
          method: "test",
          key: { kind: "secret", id: null },
          now,
        }),
      );
    },

    close: async () => {
      for (const database of [worker, request, accept, maintenance]) await database.close();
    },
  };
}

export type TestProject = Awaited<ReturnType<typeof openTestProject>>;
