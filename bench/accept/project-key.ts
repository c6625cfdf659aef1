import { randomBytes, randomUUID } from "node:crypto";

import { formatKey } from "@groundswell/contracts";
import { createApiKey, createProject, openDatabase } from "@groundswell/db";

/** Makes a project. @returns a secret key of it */
export async function newProjectKey(databaseUrl: string): Promise<string> {
  const database = openDatabase(databaseUrl, { role: "maintenance", max: 1 });
  const now = new Date();
  const projectId = randomUUID();
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(16).toString("hex");
  const project = { projectId, name: "bench", pseudonymKey: randomBytes(32), now };
  await createProject(database, project);
  await createApiKey(database, { projectId, keyId: id, kind: "secret", secret, label: "", now });
  await database.close();
  return formatKey({ kind: "secret", id, secret });
}
