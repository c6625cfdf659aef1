import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";

import { createLogger } from "@groundswell/bootstrap";
import { buildConsole, modelMaker } from "@groundswell/console";
import { formatKey, type KeyKind, uuid7Generator } from "@groundswell/contracts";
import { createApiKey, createProject, type Database, openDatabase } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { openArtifactStore } from "@groundswell/models";
import { buildWeb } from "@groundswell/web/build";

export interface ConsoleUnderTest {
  /** Where the dashboard is. */
  origin: string;
  projectId: string;
  secret: string;
  write: string;
  worker: Database;
  /** Asks the API with the secret key. */
  ask: (method: "GET" | "PUT" | "POST", path: string, body?: unknown) => Promise<Response>;
  /** A code for one sign-in. */
  code: () => Promise<string>;
  /** What a code is measured by. */
  passTime: (ms: number) => void;
  /** Takes the key back, as its owner would. */
  revoke: () => Promise<void>;
  close: () => Promise<void>;
}

/** The real console with the built dashboard, on a database of its own. */
export async function consoleUnderTest(): Promise<ConsoleUnderTest> {
  const env = await testEnv();
  const request = openDatabase(env.databaseUrl, { role: "request" });
  const worker = openDatabase(env.databaseUrl, { role: "worker" });
  const maintenance = openDatabase(env.databaseUrl, { role: "maintenance" });
  let passed = 0;
  const app = await buildConsole({
    database: request,
    artifacts: openArtifactStore(env.artifacts),
    models: modelMaker,
    notify: () => {},
    enqueueRun: () => {},
    clock: () => Date.now() + passed,
    newId: uuid7Generator(Date.now),
    randomBytes,
    log: createLogger({ service: "console", level: "fatal" }),
    webFolder: await buildWeb({ outDir: join(env.artifacts, "web") }),
    checkAnswers: true,
  });
  const origin = await app.listen({ host: "127.0.0.1", port: 0 });
  const project = await newProject(maintenance);
  const ask: ConsoleUnderTest["ask"] = (method, path, body) =>
    fetch(origin + path, {
      method,
      headers: {
        authorization: `Bearer ${project.secret}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    origin,
    ...project,
    worker,
    ask,
    code: async () => {
      const answer = await ask("POST", "/api/v1/sign-in-codes");
      return ((await answer.json()) as { code: string }).code;
    },
    passTime: (ms) => {
      passed += ms;
    },
    revoke: async () => {
      await maintenance.query("update api_keys set revoked_at = now() where project_id = $1", [
        project.projectId,
      ]);
    },
    close: async () => {
      await app.close();
      await Promise.all([request, worker, maintenance].map((database) => database.close()));
    },
  };
}

async function newProject(maintenance: Database) {
  const projectId = randomUUID();
  const now = new Date();
  const pseudonymKey = randomBytes(32);
  await createProject(maintenance, { projectId, name: "a project", pseudonymKey, now });
  const keyOf = async (kind: KeyKind) => {
    const letters = (length: number) => randomBytes(length).toString("hex").slice(0, length);
    const key = { kind, id: letters(12), secret: letters(32) };
    await createApiKey(maintenance, { projectId, ...key, keyId: key.id, label: "", now });
    return formatKey(key);
  };
  return { projectId, secret: await keyOf("secret"), write: await keyOf("write") };
}
