import type { Queries } from "../database.ts";

export interface ProfileRecord {
  events: number;
  feedback: number;
  positive: number;
  traits: Record<string, unknown>;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

export interface SubjectRecord {
  profile: ProfileRecord | null;
  /** What is in force, by purpose. */
  consents: Record<string, boolean>;
}

/** @returns undefined for somebody of whom neither a message nor a decision is known */
export async function findSubject(
  tx: Queries,
  projectId: string,
  subjectId: string,
): Promise<SubjectRecord | undefined> {
  const [profile] = await tx.query<ProfileRecord>(
    `select events, feedback, positive, traits, first_seen_at as "firstSeenAt",
            last_seen_at as "lastSeenAt"
     from profiles where project_id = $1 and subject_id = $2`,
    [projectId, subjectId],
  );
  const decisions = await tx.query<{ purpose: string; granted: boolean }>(
    `select purpose, granted from consent_state where project_id = $1 and subject_id = $2
     order by purpose`,
    [projectId, subjectId],
  );
  if (!profile && decisions.length === 0) return undefined;
  return {
    profile: profile ?? null,
    consents: Object.fromEntries(decisions.map(({ purpose, granted }) => [purpose, granted])),
  };
}

export interface ConsentDecision {
  consentId: string;
  purpose: string;
  granted: boolean;
  occurredAt: Date;
  receivedAt: Date;
  method: string;
  keyKind: string | null;
  keyId: string | null;
}

/** The last key of a page of decisions. */
export type ConsentKey = [receivedAt: string, consentId: string, purpose: string];

/** A person's decisions in the order in which they reached us, newest first. */
export async function listConsents(
  tx: Queries,
  {
    projectId,
    subjectId,
    limit,
    before,
  }: { projectId: string; subjectId: string; limit: number; before?: ConsentKey | undefined },
): Promise<ConsentDecision[]> {
  return tx.query<ConsentDecision>(
    `select consent_id as "consentId", purpose, granted, occurred_at as "occurredAt",
            received_at as "receivedAt", method, key_kind as "keyKind", key_id as "keyId"
     from consents where project_id = $1 and subject_id = $2
       and ($4::timestamptz is null or (received_at, consent_id, purpose) < ($4, $5::uuid, $6))
     order by received_at desc, consent_id desc, purpose desc limit $3`,
    [projectId, subjectId, limit, ...(before ?? [null, null, null])],
  );
}
