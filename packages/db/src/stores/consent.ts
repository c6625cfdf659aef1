import { Conflict, type KeyKind } from "@groundswell/contracts";
import type { Decision } from "@groundswell/feedback";

import type { Queries } from "../database.ts";
import { holdLedgers } from "./ledger-lock.ts";

export interface SubjectKey {
  projectId: string;
  subjectId: string;
}

/** What a person said to training, held so that it can't change before the transaction ends. */
export interface HeldConsent extends SubjectKey {
  mayTrain: boolean;
}

/**
 * Holds what people said to training until the transaction ends. Somebody who never said anything
 * is missing, and there is nothing to hold: their first word comes after this transaction.
 *
 * @param strength `update` where decisions of some of them follow in this transaction
 */
export function holdConsents(
  tx: Queries,
  subjects: readonly SubjectKey[],
  strength: "share" | "update",
): Promise<HeldConsent[]> {
  return tx.query(
    `select s.project_id as "projectId", s.subject_id as "subjectId", s.granted as "mayTrain"
     from unnest($1::uuid[], $2::uuid[]) g (project_id, subject_id)
     join consent_state s on s.project_id = g.project_id and s.subject_id = g.subject_id
       and s.purpose = 'model_training'
     order by s.project_id, s.subject_id for ${strength === "share" ? "share" : "no key update"} of s`,
    [subjects.map((key) => key.projectId), subjects.map((key) => key.subjectId)],
    `hold-consents-${strength}`,
  );
}

/**
 * Holds people about whose consent something is said that may not be stored: somebody relies on
 * the word of an item's sender, or withdraws. Whoever of the two comes second sees what the other
 * wrote, where there is no row of `consent_state` to lock. Comes before `holdConsents`.
 */
export async function holdSubjects(tx: Queries, subjects: readonly SubjectKey[]): Promise<void> {
  if (subjects.length === 0) return;
  await tx.query(
    `insert into consent_subjects (project_id, subject_id)
     select distinct * from unnest($1::uuid[], $2::uuid[]) order by 1, 2
     -- Never true: a row that is there is only locked.
     on conflict (project_id, subject_id) do update set subject_id = excluded.subject_id where false`,
    [subjects.map((key) => key.projectId), subjects.map((key) => key.subjectId)],
    "hold-subjects",
  );
}

export interface NewDecision extends Decision {
  projectId: string;
  receivedAt: Date;
  /** How it was said: `api`, `event`, `feedback`, or in the app's own words. */
  method: string;
  /** By which key. */
  key: { kind: KeyKind; id: string | null };
  /** The id of the post that it came with. */
  clientId?: string | undefined;
  /** The record that it is part of; default: one of its own. */
  consentId?: string | undefined;
  notice?: object | undefined;
  jurisdiction?: string | undefined;
}

interface Settled extends SubjectKey {
  purpose: string;
  granted: boolean;
  was: boolean | null;
}

/**
 * Puts decisions in force, where no later one is: the later one wins, of two at the same instant the
 * no. Whoever takes back what they allowed is taken out of every model's ledger here and now (ADR 0008).
 *
 * @param decisions of each person and purpose one, in ascending order of project, subject and purpose
 * @param record `all`: each is a record of its own right; `changes`: only what changes something is (events repeat themselves)
 * @returns models whose ledger got an entry
 */
export async function recordDecisions(
  tx: Queries,
  decisions: readonly NewDecision[],
  record: "all" | "changes",
): Promise<string[]> {
  if (decisions.length === 0) return [];
  const settled = await settleDecisions(tx, decisions);
  const changed = settled.filter(({ was, granted }) => was !== granted);
  const keyOf = (one: SubjectKey & { purpose: string }) =>
    `${one.projectId} ${one.subjectId} ${one.purpose}`;
  const changedKeys = new Set(changed.map(keyOf));
  await insertRecords(
    tx,
    record === "all" ? decisions : decisions.filter((one) => changedKeys.has(keyOf(one))),
  );
  const withdrawn = changed.filter((one) => one.purpose === "model_training" && !one.granted);
  const receivedAt = decisions[0]?.receivedAt ?? new Date(0);
  return withdrawn.length > 0 ? withdrawExamples(tx, withdrawn, receivedAt) : [];
}

function settleDecisions(tx: Queries, decisions: readonly NewDecision[]): Promise<Settled[]> {
  return tx.query<Settled>(
    `insert into consent_state as s (project_id, subject_id, purpose, granted, decided_at)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bool[], $5::timestamptz[])
     on conflict (project_id, subject_id, purpose) do update
       set granted = excluded.granted, decided_at = excluded.decided_at
       where excluded.decided_at > s.decided_at
          or (excluded.decided_at = s.decided_at and s.granted and not excluded.granted)
     returning new.project_id as "projectId", new.subject_id as "subjectId", new.purpose,
       new.granted, old.granted as was`,
    [
      decisions.map((one) => one.projectId),
      decisions.map((one) => one.subjectId),
      decisions.map((one) => one.purpose),
      decisions.map((one) => one.granted),
      decisions.map((one) => one.decidedAt),
    ],
    "settle-decisions",
  );
}

async function insertRecords(tx: Queries, records: readonly NewDecision[]): Promise<void> {
  if (records.length === 0) return;
  await tx.query(
    `insert into consents (consent_id, project_id, subject_id, purpose, granted, occurred_at,
       received_at, method, key_kind, key_id, client_id, notice, jurisdiction)
     select coalesce(g.consent_id, uuidv7()), g.project_id, g.subject_id, g.purpose, g.granted,
       g.occurred_at, g.received_at, g.method, g.key_kind, g.key_id, g.client_id, g.notice,
       g.jurisdiction
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bool[], $6::timestamptz[],
         $7::timestamptz[], $8::text[], $9::jsonb[], $10::text[], $11::text[], $12::text[],
         $13::text[])
       g (consent_id, project_id, subject_id, purpose, granted, occurred_at, received_at, method,
          notice, jurisdiction, key_kind, key_id, client_id)`,
    [
      records.map((one) => one.consentId ?? null),
      records.map((one) => one.projectId),
      records.map((one) => one.subjectId),
      records.map((one) => one.purpose),
      records.map((one) => one.granted),
      // Of one without a date nothing else is known than when it came.
      records.map((one) => (one.decidedAt.getTime() > 0 ? one.decidedAt : one.receivedAt)),
      records.map((one) => one.receivedAt),
      records.map((one) => one.method),
      records.map((one) => (one.notice ? JSON.stringify(one.notice) : null)),
      records.map((one) => one.jurisdiction ?? null),
      records.map((one) => one.key.kind),
      records.map((one) => one.key.id),
      records.map((one) => one.clientId ?? null),
    ],
    "insert-consents",
  );
}

/**
 * Takes people out of the ledgers: an entry that says so, their examples excluded by it, and what no
 * step has taken yet out of the queue. Their `consent_state` is locked by this transaction, so that
 * no example of theirs is being written meanwhile.
 *
 * @returns models whose ledger got an entry
 */
async function withdrawExamples(
  tx: Queries,
  subjects: readonly SubjectKey[],
  now: Date,
): Promise<string[]> {
  const keys = [subjects.map((key) => key.projectId), subjects.map((key) => key.subjectId)];
  const taught = await tx.query<{ projectId: string; modelId: string }>(
    `select distinct l.project_id as "projectId", l.model_id as "modelId"
     from ledger l join unnest($1::uuid[], $2::uuid[]) g (project_id, subject_id)
       on l.project_id = g.project_id and l.subject_id = g.subject_id
     where l.kind = 'example' and l.excluded_by is null order by 1, 2`,
    keys,
    "taught-models",
  );
  if (taught.length === 0) return [];
  await holdLedgers(tx, taught);
  const rows = await tx.query<{ model_id: string }>(
    `with gone as (
       insert into ledger (project_id, model_id, kind, subject_id, created_at)
       select distinct l.project_id, l.model_id, 'withdraw', l.subject_id, $3::timestamptz
       from ledger l join unnest($1::uuid[], $2::uuid[]) g (project_id, subject_id)
         on l.project_id = g.project_id and l.subject_id = g.subject_id
       where l.kind = 'example' and l.excluded_by is null
       returning project_id, model_id, subject_id, seq
     ), excluded as (
       update ledger l set excluded_by = gone.seq from gone
       where l.project_id = gone.project_id and l.model_id = gone.model_id
         and l.subject_id = gone.subject_id and l.kind = 'example' and l.excluded_by is null
       returning l.project_id, l.model_id, l.seq
     ), unqueued as (
       delete from ledger_queue q using excluded e
       where q.project_id = e.project_id and q.model_id = e.model_id and q.seq = e.seq
     ), queued as (
       insert into ledger_queue (project_id, model_id, seq, kind)
       select project_id, model_id, seq, 'withdraw' from gone
     )
     select distinct model_id from gone`,
    [...keys, now],
  );
  return rows.map((row) => row.model_id);
}

/** A decision posted by itself. */
export interface PostedConsent extends SubjectKey {
  consentId: string;
  /** The post's own id: sent again, it is the same decision. */
  clientId?: string | undefined;
  purposes: Partial<Record<Decision["purpose"], boolean>>;
  /** What it is weighed by (`datePosted`), beside the date of what is in force. */
  dateOf: (granted: boolean, before: Date | undefined) => Date;
  method: string;
  key: NewDecision["key"];
  notice?: object | undefined;
  jurisdiction?: string | undefined;
  now: Date;
}

export interface PostOutcome {
  consentId: string;
  /** What is in force for every purpose that was ever spoken of. */
  purposes: Record<string, boolean>;
  /** Models whose ledger got an entry. */
  models: string[];
}

/**
 * As `request`, inside the project. In force when the transaction commits, as far as nothing later is.
 *
 * @throws Conflict where the post's id is that of another one
 */
export async function postConsent(tx: Queries, post: PostedConsent): Promise<PostOutcome> {
  const { projectId, subjectId } = post;
  await holdSubjects(tx, [post]);
  const before = post.clientId === undefined ? undefined : await findPost(tx, post, post.clientId);
  const models = before ? [] : await recordDecisions(tx, await datePost(tx, post), "all");
  const inForce = await tx.query<{ purpose: string; granted: boolean }>(
    "select purpose, granted from consent_state where project_id = $1 and subject_id = $2",
    [projectId, subjectId],
    "consents-of",
  );
  return {
    consentId: before ?? post.consentId,
    purposes: Object.fromEntries(inForce.map(({ purpose, granted }) => [purpose, granted])),
    models,
  };
}

/** @returns the record that a post of this id made; undefined where it is new */
async function findPost(
  tx: Queries,
  post: PostedConsent,
  clientId: string,
): Promise<string | undefined> {
  const records = await tx.query<{
    consentId: string;
    subjectId: string;
    purpose: string;
    granted: boolean;
  }>(
    `select consent_id as "consentId", subject_id as "subjectId", purpose, granted from consents
     where project_id = $1 and client_id = $2`,
    [post.projectId, clientId],
    "find-consent-post",
  );
  const [first] = records;
  if (!first) return undefined;
  const said = Object.entries(post.purposes);
  const isSame =
    first.subjectId === post.subjectId &&
    said.length === records.length &&
    said.every(([purpose, granted]) =>
      records.some((one) => one.purpose === purpose && one.granted === granted),
    );
  if (!isSame)
    throw new Conflict(`The id ${clientId} is that of another post: give this one its own`);
  return first.consentId;
}

async function datePost(tx: Queries, post: PostedConsent): Promise<NewDecision[]> {
  const { projectId, subjectId, dateOf, now } = post;
  const held = await tx.query<{ purpose: string; granted: boolean; decided_at: Date }>(
    `select purpose, granted, decided_at from consent_state
     where project_id = $1 and subject_id = $2 order by purpose for no key update`,
    [projectId, subjectId],
    "hold-consent-of",
  );
  return Object.entries(post.purposes)
    .map(([purpose, granted]): NewDecision => ({
      ...post,
      purpose: purpose as Decision["purpose"],
      granted,
      decidedAt: dateOf(granted, held.find((one) => one.purpose === purpose)?.decided_at),
      receivedAt: now,
    }))
    .toSorted((a, b) => (a.purpose < b.purpose ? -1 : 1));
}
