import { createHash, timingSafeEqual } from "node:crypto";

import { type ClientConsent, type KeyKind, parseKey } from "@groundswell/contracts";

import type { Queries } from "../database.ts";

/** Who asks: found by an API key. */
export interface Caller {
  projectId: string;
  keyId: string;
  kind: KeyKind;
  /** Makes pseudonyms of this project's user ids. */
  pseudonymKey: Buffer;
  /** What a write key's yes counts for. */
  clientConsent: ClientConsent;
}

const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

interface KeyRow {
  project_id: string;
  kind: KeyKind;
  secret_hash: Buffer;
  expires_at: Date | null;
  revoked_at: Date | null;
  pseudonym_key: Buffer;
  client_consent: ClientConsent;
}

/** @returns undefined for a key that is malformed, unknown, wrong, expired or revoked: the caller learns no more. */
export async function findCaller(
  database: Queries,
  key: string,
  now: Date,
): Promise<Caller | undefined> {
  const parsed = parseKey(key);
  if (!parsed) return undefined;
  const [row] = await database.query<KeyRow>(
    "select * from find_caller($1)",
    [parsed.id],
    "find-caller",
  );
  if (!row || row.kind !== parsed.kind) return undefined;
  if (!timingSafeEqual(row.secret_hash, hashOf(parsed.secret))) return undefined;
  if (row.revoked_at || (row.expires_at && row.expires_at <= now)) return undefined;
  return {
    projectId: row.project_id,
    keyId: parsed.id,
    kind: row.kind,
    pseudonymKey: row.pseudonym_key,
    clientConsent: row.client_consent,
  };
}

/** As `maintenance`. */
export async function createProject(
  database: Queries,
  project: { projectId: string; name: string; pseudonymKey: Buffer; now: Date },
): Promise<void> {
  await database.query(
    "insert into projects (project_id, name, pseudonym_key, created_at) values ($1, $2, $3, $4)",
    [project.projectId, project.name, project.pseudonymKey, project.now],
  );
}

/** As `maintenance`, or as `request` inside its project. Only the hash of the secret is kept. */
export async function createApiKey(
  database: Queries,
  key: {
    projectId: string;
    keyId: string;
    kind: KeyKind;
    secret: string;
    label: string;
    now: Date;
  },
): Promise<void> {
  await database.query(
    `insert into api_keys (project_id, key_id, kind, secret_hash, label, created_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [key.projectId, key.keyId, key.kind, hashOf(key.secret), key.label, key.now],
  );
}

export async function revokeApiKey(
  database: Queries,
  projectId: string,
  keyId: string,
  now: Date,
): Promise<void> {
  await database.query(
    "update api_keys set revoked_at = $3 where project_id = $1 and key_id = $2",
    [projectId, keyId, now],
  );
}

export interface ProjectRecord {
  projectId: string;
  name: string;
  clientConsent: ClientConsent;
}

/** As `request` inside the project. @param change what is not named stays */
export async function changeProject(
  tx: Queries,
  projectId: string,
  { clientConsent }: { clientConsent?: ClientConsent | undefined } = {},
): Promise<ProjectRecord | undefined> {
  if (clientConsent !== undefined)
    await tx.query("update projects set client_consent = $2 where project_id = $1", [
      projectId,
      clientConsent,
    ]);
  const [project] = await tx.query<ProjectRecord>(
    `select project_id as "projectId", name, client_consent as "clientConsent"
     from projects where project_id = $1`,
    [projectId],
  );
  return project;
}

/** As `maintenance`. */
export async function listProjects(
  database: Queries,
): Promise<{ projectId: string; name: string }[]> {
  return database.query(`select project_id as "projectId", name from projects order by created_at`);
}
