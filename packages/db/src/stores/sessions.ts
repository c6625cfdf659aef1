import { createHash } from "node:crypto";

import type { ClientConsent, KeyKind } from "@groundswell/contracts";

import type { Queries } from "../database.ts";
import type { Caller } from "./projects.ts";

/** Codes and sessions are long and random: only their hashes are kept, as those of keys. */
const hashOf = (secret: string) => createHash("sha256").update(secret).digest();

interface Times {
  now: Date;
  expiresAt: Date;
}

/** As `request` inside the project, on behalf of one of its keys. */
export async function createSignInCode(
  tx: Queries,
  { projectId, keyId }: Pick<Caller, "projectId" | "keyId">,
  { code, now, expiresAt }: Times & { code: string },
): Promise<void> {
  await tx.query(
    `insert into sign_in_codes (project_id, code_hash, key_id, created_at, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [projectId, hashOf(code), keyId, now, expiresAt],
  );
}

export type Redeemed = "opened" | "used" | "expired" | "unknown";

/** Opens a session with a code, once. As `request`, of no project yet. */
export async function redeemSignInCode(
  database: Queries,
  { code, session, now, expiresAt }: Times & { code: string; session: string },
): Promise<Redeemed> {
  const [row] = await database.query<{ outcome: Redeemed }>(
    "select redeem_sign_in_code($1, $2, $3, $4) as outcome",
    [hashOf(code), hashOf(session), now, expiresAt],
  );
  return row?.outcome ?? "unknown";
}

/** As `request` inside the project, on behalf of one of its keys. */
export async function createSession(
  tx: Queries,
  { projectId, keyId }: Pick<Caller, "projectId" | "keyId">,
  { session, now, expiresAt }: Times & { session: string },
): Promise<void> {
  await tx.query(
    `insert into sessions (project_id, session_hash, key_id, created_at, expires_at)
     values ($1, $2, $3, $4, $5)`,
    [projectId, hashOf(session), keyId, now, expiresAt],
  );
}

interface SessionRow {
  project_id: string;
  key_id: string;
  kind: KeyKind;
  expires_at: Date;
  ended_at: Date | null;
  key_expires_at: Date | null;
  revoked_at: Date | null;
  pseudonym_key: Buffer;
  client_consent: ClientConsent;
}

export interface OpenSession {
  caller: Caller;
  expiresAt: Date;
}

/** Asked anew each time: a session that was ended anywhere is over everywhere. */
export async function findSession(
  database: Queries,
  session: string,
  now: Date,
): Promise<OpenSession | undefined> {
  const [row] = await database.query<SessionRow>(
    "select * from find_session($1)",
    [hashOf(session)],
    "find-session",
  );
  if (!row || row.ended_at || row.expires_at <= now) return undefined;
  if (row.revoked_at || (row.key_expires_at && row.key_expires_at <= now)) return undefined;
  return {
    caller: {
      projectId: row.project_id,
      keyId: row.key_id,
      kind: row.kind,
      pseudonymKey: row.pseudonym_key,
      clientConsent: row.client_consent,
    },
    expiresAt: row.expires_at,
  };
}

/** As `request` inside its project. */
export async function endSession(
  tx: Queries,
  projectId: string,
  session: string,
  now: Date,
): Promise<void> {
  await tx.query(
    `update sessions set ended_at = $3
     where project_id = $1 and session_hash = $2 and ended_at is null`,
    [projectId, hashOf(session), now],
  );
}
