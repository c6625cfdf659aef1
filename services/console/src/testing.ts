import { randomBytes, randomUUID } from "node:crypto";

import { createLogger } from "@groundswell/bootstrap";
import { formatKey, type KeyKind, uuid7Generator } from "@groundswell/contracts";
import {
  createApiKey,
  createProject,
  type Database,
  openDatabase,
  revokeApiKey,
} from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { openArtifactStore } from "@groundswell/models";
import { afterAll } from "vitest";

import { buildConsole, type ConsoleOptions } from "./build-console.ts";
import { modelMaker } from "./model-maker.ts";

export interface TestProject {
  projectId: string;
  pseudonymKey: Buffer;
  secret: string;
  write: string;
  revoke: (kind: KeyKind) => Promise<void>;
}

interface Ask {
  key?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A small picture model: makes its first version in a millisecond. */
export const DIGITS = {
  recipe: "image-classifier",
  classes: ["nought", "one"],
  config: { width: 4, height: 4, hidden: 2 },
};

/** A console on a database of its own. Whatever it opened is closed after the file. */
export async function testConsole(change: Partial<ConsoleOptions> = {}) {
  const env = await testEnv();
  const request = openDatabase(env.databaseUrl, { role: "request", name: "console" });
  const worker = openDatabase(env.databaseUrl, { role: "worker" });
  const maintenance = openDatabase(env.databaseUrl, { role: "maintenance" });
  const notified: [channel: string, message: string][] = [];
  const enqueued: { projectId: string; runId: string }[] = [];
  const artifacts = openArtifactStore(env.artifacts);
  const app = await buildConsole({
    database: request,
    artifacts,
    models: modelMaker,
    notify: (channel, message) => notified.push([channel, message]),
    enqueueRun: (run) => enqueued.push(run),
    clock: Date.now,
    newId: uuid7Generator(Date.now),
    randomBytes,
    log: createLogger({ service: "console", level: "fatal" }),
    webFolder: env.artifacts,
    checkAnswers: true,
    ...change,
  });
  await app.ready();
  afterAll(async () => {
    await app.close();
    await Promise.all([request, worker, maintenance].map((database) => database.close()));
  });

  const project = await newProject(maintenance);
  const ask = async (
    method: "GET" | "POST" | "PUT",
    url: string,
    { key, body, headers }: Ask = {},
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${key ?? project.secret}`, ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  return { app, env, project, request, worker, maintenance, artifacts, notified, enqueued, ask };
}

export async function newProject(maintenance: Database): Promise<TestProject> {
  const projectId = randomUUID();
  const pseudonymKey = randomBytes(32);
  const now = new Date();
  await createProject(maintenance, { projectId, name: "a project", pseudonymKey, now });
  const keys = { secret: newKey("secret"), write: newKey("write") };
  for (const key of Object.values(keys))
    await createApiKey(maintenance, { projectId, ...key, keyId: key.id, label: "", now });
  return {
    projectId,
    pseudonymKey,
    secret: formatKey(keys.secret),
    write: formatKey(keys.write),
    revoke: (kind) => revokeApiKey(maintenance, projectId, keys[kind].id, new Date()),
  };
}

function newKey(kind: KeyKind) {
  const alphanumeric = (length: number) => randomBytes(length).toString("hex").slice(0, length);
  return { kind, id: alphanumeric(12), secret: alphanumeric(32) };
}
