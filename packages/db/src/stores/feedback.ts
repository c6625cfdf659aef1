import type { KeptValue, LessonKey } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

export interface FeedbackKey {
  projectId: string;
  feedbackId: string;
}

const COLUMNS = `f.project_id as "projectId", f.feedback_id as "feedbackId", f.value_hash as hash,
  f.prediction_id as "predictionId", f.metric, f.value, f.correction, f.comment,
  f.subject_id as "subjectId", f.occurred_at as "occurredAt", f.received_at as "receivedAt",
  f.inbox_id as "inboxId", f.item, f.wins, f.state, f.reason, f.model_name as "modelName",
  f.model_id as "modelId", f.ledger_seq as "ledgerSeq", f.scored_right as "scoredRight",
  f.item_consent as "itemConsent",
  json_build_object('kind', coalesce(f.key_kind, 'write'), 'id', f.key_id) as key`;

/** Every value that is kept of some feedback ids. */
export function readFeedback(tx: Queries, keys: readonly FeedbackKey[]): Promise<KeptValue[]> {
  return tx.query(
    `select ${COLUMNS}
     from unnest($1::uuid[], $2::text[]) g (project_id, feedback_id)
     join feedback f on f.project_id = g.project_id and f.feedback_id = g.feedback_id`,
    keyValues(keys),
    "read-feedback",
  );
}

/**
 * Holds feedback ids until the transaction ends, by their values that win: whoever writes about an
 * id holds that first.
 */
export async function holdFeedback(tx: Queries, keys: readonly FeedbackKey[]): Promise<void> {
  await tx.query(
    `select 1 from unnest($1::uuid[], $2::text[]) g (project_id, feedback_id)
     join feedback f on f.project_id = g.project_id and f.feedback_id = g.feedback_id and f.wins
     order by f.project_id, f.feedback_id collate "C" for update of f`,
    keyValues(keys),
    "hold-feedback",
  );
}

const keyValues = (keys: readonly FeedbackKey[]) => [
  keys.map((key) => key.projectId),
  keys.map((key) => key.feedbackId),
];

/**
 * The feedbacks that teach a lesson, or would if no other did: the values that win of their ids. The
 * lesson's prediction is held by this transaction.
 */
export function readTellers(tx: Queries, lessons: readonly LessonKey[]): Promise<KeptValue[]> {
  return tx.query(
    `select ${COLUMNS}
     from unnest($1::uuid[], $2::uuid[], $3::uuid[]) g (project_id, prediction_id, subject_id)
     join feedback f on f.project_id = g.project_id and f.prediction_id = g.prediction_id
       and f.subject_id = g.subject_id and f.wins
       and (f.state = 'joined' or f.reason = 'other_feedback')`,
    [
      lessons.map((key) => key.projectId),
      lessons.map((key) => key.predictionId),
      lessons.map((key) => key.subjectId),
    ],
    "read-tellers",
  );
}

/**
 * Holds feedback ids until the transaction ends, and begins those that are new: with one value each,
 * which wins. All in one statement and in order, so that two transactions can't wait for each other.
 *
 * @param values of each id one, in ascending order of project and id
 * @returns the ids that were new; of the others nothing is changed
 */
export async function claimFeedback(
  tx: Queries,
  values: readonly KeptValue[],
  now: Date,
): Promise<FeedbackKey[]> {
  if (values.length === 0) return [];
  return tx.query(
    `${INSERT}
     -- Never true: the row that wins is only locked.
     on conflict (project_id, feedback_id) where wins do update set wins = true where false
     returning project_id as "projectId", feedback_id as "feedbackId"`,
    insertValues(values, now),
    "claim-feedback",
  );
}

/** Keeps values that are new, of ids that are held. */
export async function insertFeedback(
  tx: Queries,
  values: readonly KeptValue[],
  now: Date,
): Promise<void> {
  if (values.length > 0) await tx.query(INSERT, insertValues(values, now), "insert-feedback");
}

const INSERT = `insert into feedback (project_id, feedback_id, value_hash, prediction_id, metric,
    value, correction, comment, subject_id, occurred_at, received_at, inbox_id, item, wins, state,
    reason, model_name, model_id, item_consent, key_kind, key_id,
    scored_right, scored_at)
  select *, case when g.scored_right is null then null else $1::timestamptz end
  from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::jsonb[], $8::text[],
      $9::text[], $10::uuid[], $11::timestamptz[], $12::timestamptz[], $13::bigint[], $14::int[],
      $15::bool[], $16::text[], $17::text[], $18::text[], $19::uuid[], $20::bool[],
      $21::text[], $22::text[], $23::bool[])
    g (project_id, feedback_id, value_hash, prediction_id, metric, value, correction, comment,
       subject_id, occurred_at, received_at, inbox_id, item, wins, state, reason, model_name,
       model_id, item_consent, key_kind, key_id, scored_right)`;

const insertValues = (values: readonly KeptValue[], now: Date): unknown[] => [
  now,
  values.map((one) => one.projectId),
  values.map((one) => one.feedbackId),
  values.map((one) => one.hash),
  values.map((one) => one.predictionId),
  values.map((one) => one.metric),
  values.map((one) => JSON.stringify(one.value)),
  values.map((one) => one.correction),
  values.map((one) => one.comment),
  values.map((one) => one.subjectId),
  values.map((one) => one.occurredAt),
  values.map((one) => one.receivedAt),
  values.map((one) => one.inboxId),
  values.map((one) => one.item),
  values.map((one) => one.wins),
  values.map((one) => one.state),
  values.map((one) => one.reason),
  values.map((one) => one.modelName),
  values.map((one) => one.modelId),
  values.map((one) => one.itemConsent),
  values.map((one) => one.key.kind),
  values.map((one) => one.key.id),
  values.map((one) => one.scoredRight),
];

/** Writes what was decided anew about values that are held. */
export async function updateFeedback(
  tx: Queries,
  values: readonly KeptValue[],
  now: Date,
): Promise<void> {
  if (values.length === 0) return;
  const losers = values.filter((one) => !one.wins);
  // Before the others: an id may have one winner at a time.
  if (losers.length > 0)
    await tx.query(
      `update feedback f set wins = false
       from unnest($1::uuid[], $2::text[], $3::uuid[]) g (project_id, feedback_id, value_hash)
       where f.project_id = g.project_id and f.feedback_id = g.feedback_id
         and f.value_hash = g.value_hash and f.wins`,
      [
        losers.map((one) => one.projectId),
        losers.map((one) => one.feedbackId),
        losers.map((one) => one.hash),
      ],
    );
  await tx.query(
    `update feedback f set wins = g.wins, state = g.state, reason = g.reason,
       model_id = g.model_id, subject_id = g.subject_id, occurred_at = g.occurred_at,
       received_at = g.received_at, inbox_id = g.inbox_id, item = g.item,
       key_kind = g.key_kind, key_id = g.key_id, item_consent = g.item_consent,
       scored_right = g.scored_right,
       scored_at = case when g.scored_right is null then null
         else coalesce(f.scored_at, $1::timestamptz) end
     from unnest($2::uuid[], $3::text[], $4::uuid[], $5::bool[], $6::text[], $7::text[], $8::uuid[],
         $9::uuid[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::int[], $14::bool[],
         $15::text[], $16::text[], $17::bool[])
       g (project_id, feedback_id, value_hash, wins, state, reason, model_id, subject_id,
          occurred_at, received_at, inbox_id, item, scored_right, key_kind, key_id, item_consent)
     where f.project_id = g.project_id and f.feedback_id = g.feedback_id
       and f.value_hash = g.value_hash`,
    [
      now,
      values.map((one) => one.projectId),
      values.map((one) => one.feedbackId),
      values.map((one) => one.hash),
      values.map((one) => one.wins),
      values.map((one) => one.state),
      values.map((one) => one.reason),
      values.map((one) => one.modelId),
      values.map((one) => one.subjectId),
      values.map((one) => one.occurredAt),
      values.map((one) => one.receivedAt),
      values.map((one) => one.inboxId),
      values.map((one) => one.item),
      values.map((one) => one.scoredRight),
      values.map((one) => one.key.kind),
      values.map((one) => one.key.id),
      values.map((one) => one.itemConsent),
    ],
    "update-feedback",
  );
}

/** Feedback that waits for a prediction which is stored by now. */
export function findJoinable(
  database: Queries,
  {
    receivedFrom,
    receivedBefore,
    most,
  }: { receivedFrom: Date; receivedBefore: Date; most: number },
): Promise<FeedbackKey[]> {
  return database.query(
    `select f.project_id as "projectId", f.feedback_id as "feedbackId"
     from feedback f
     where f.state = 'waiting' and f.wins and f.received_at >= $1 and f.received_at < $2
       and exists (
         select from predictions p
         where p.project_id = f.project_id and p.prediction_id = f.prediction_id
       )
     order by f.received_at limit $3`,
    [receivedFrom, receivedBefore, most],
    "find-joinable",
  );
}

/** Gives up on feedback whose prediction never came. @returns the projects that it was of, one for each */
export async function expireFeedback(
  tx: Queries,
  { receivedBefore, most }: { receivedBefore: Date; most: number },
): Promise<string[]> {
  const rows = await tx.query<{ project_id: string }>(
    `update feedback f set state = 'kept_out', reason = 'unmatched'
     from (
       select project_id, feedback_id, value_hash from feedback
       where state = 'waiting' and received_at < $1
       order by project_id, feedback_id, value_hash limit $2 for update skip locked
     ) w
     where f.project_id = w.project_id and f.feedback_id = w.feedback_id
       and f.value_hash = w.value_hash
     returning f.project_id`,
    [receivedBefore, most],
  );
  return rows.map((row) => row.project_id);
}
