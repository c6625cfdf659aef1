import type { Queries } from "../database.ts";

export interface OfModel {
  projectId: string;
  modelId: string;
}

/** After the first instant, through the second one, or as far as there is anything. */
export interface Span {
  after: Date;
  through: Date | null;
}

/** Milliseconds, of a sample; null where there was nothing to measure. */
export interface Latency {
  p50: number | null;
  p99: number | null;
}

/** Items that came in since an instant. */
export async function acceptedSince(tx: Queries, projectId: string, since: Date): Promise<number> {
  const [row] = await tx.query<{ items: number }>(
    `select coalesce(sum(items), 0) as items from inbox
     where project_id = $1 and received_at > $2`,
    [projectId, since],
    "accepted-since",
  );
  return row?.items ?? 0;
}

/** Tallies of all of these models together, by what they count. */
export async function sumTallies(
  tx: Queries,
  { projectId, modelIds, after, through }: { projectId: string; modelIds: string[] } & Span,
): Promise<Record<string, number>> {
  const rows = await tx.query<{ what: string; n: number }>(
    `select what, sum(n)::bigint as n from tallies
     where project_id = $1 and model_id = any($2::uuid[])
       and bucket > $3 and ($4::timestamptz is null or bucket <= $4)
     group by what`,
    [projectId, modelIds, after, through],
    "sum-tallies",
  );
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

/** By the time in their ids. */
export async function countPredictions(
  tx: Queries,
  { projectId, modelId, after, through }: OfModel & Span,
): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `select count(*) as n from predictions
     where project_id = $1 and model_id = $2 and prediction_id >= uuid7_floor($3)
       and ($4::timestamptz is null or prediction_id < uuid7_floor($4))`,
    [projectId, modelId, after, through],
    "count-predictions",
  );
  return row?.n ?? 0;
}

/** Of days that were dropped: their counts stay. */
export async function droppedPredictions(
  tx: Queries,
  { projectId, modelId }: OfModel,
): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `select coalesce(sum(n), 0)::bigint as n from tallies
     where project_id = $1 and model_id = $2 and what = 'dropped_prediction'`,
    [projectId, modelId],
    "dropped-predictions",
  );
  return row?.n ?? 0;
}

/** Predictions measured at most for a percentile. */
const PREDICTION_SAMPLE = 2_000;

export async function predictionLatency(
  tx: Queries,
  { projectId, modelId, since }: OfModel & { since: Date },
): Promise<Latency> {
  const [row] = await tx.query<Latency>(
    `select percentile_cont(0.5) within group (order by latency_ms) as p50,
            percentile_cont(0.99) within group (order by latency_ms) as p99
     from (
       select latency_ms from predictions
       where project_id = $1 and model_id = $2 and prediction_id >= uuid7_floor($3)
       order by prediction_id desc limit ${PREDICTION_SAMPLE}
     ) sample`,
    [projectId, modelId, since],
    "prediction-latency",
  );
  return row ?? { p50: null, p99: null };
}

export interface LearnedWindow extends Latency {
  /** The newest step; `since.step` where there is no newer one. */
  newest: number;
  /** The newest step from before the window. */
  before: number;
}

/** More steps than a learner makes in a window. */
const RECENT_STEPS = 6_000;
const LEARNED_SAMPLE = 500;

/**
 * What was learned since an instant, and how long after its feedback was accepted it was
 * published. A promotion takes up again what the new champion has not seen: what is in the ledger
 * from before the newest such step is left out, it was learned (and measured) before.
 *
 * @param since.step a step from before the instant: older ones are not looked at
 */
export async function learnedWindow(
  tx: Queries,
  { projectId, modelId, since }: OfModel & { since: { at: Date; step: number } },
): Promise<LearnedWindow> {
  const [row] = await tx.query<LearnedWindow>(
    `with newest as materialized (
       select step, base_version, took, recorded_at from steps
       where project_id = $1 and model_id = $2 and step > $4
       order by step desc limit ${RECENT_STEPS}
     ), taken as materialized (
       select newest.step, seq from newest cross join unnest(newest.took) seq
       where newest.recorded_at > $3 order by newest.step desc limit ${LEARNED_SAMPLE}
     ), latency as (
       select extract(epoch from p.published_at - l.accepted_at)::float8 * 1000 as ms
       from taken
       join ledger l on l.project_id = $1 and l.model_id = $2 and l.seq = taken.seq
       cross join lateral (
         select published_at from publications
         where project_id = $1 and model_id = $2 and step >= taken.step order by step limit 1
       ) p
       where l.created_at > coalesce(
         (select max(recorded_at) from newest where base_version is not null), '-infinity')
     )
     select coalesce((select max(step) from newest), $4) as newest,
            coalesce((select max(step) from newest where recorded_at <= $3), $4) as before,
            percentile_cont(0.5) within group (order by ms) as p50,
            percentile_cont(0.99) within group (order by ms) as p99
     from latency`,
    [projectId, modelId, since.at, since.step],
    "learned-window",
  );
  return row ?? { newest: since.step, before: since.step, p50: null, p99: null };
}

/**
 * Whether each scored prediction was right, in the order of scoring, as `1` and `0`: a
 * million of them come in one row of a megabyte.
 */
export async function scoredOutcomes(
  tx: Queries,
  { projectId, modelId, after, through }: OfModel & Span,
): Promise<string> {
  const [row] = await tx.query<{ outcomes: string | null }>(
    `select string_agg(case when scored_right then '1' else '0' end, ''
                       order by scored_at, feedback_id) as outcomes
     from feedback
     where project_id = $1 and model_id = $2 and scored_right is not null
       and scored_at > $3 and ($4::timestamptz is null or scored_at <= $4)`,
    [projectId, modelId, after, through],
    "scored-outcomes",
  );
  return row?.outcomes ?? "";
}

export interface QueueCounts {
  ledger: number;
  waiting: number;
  quarantine: number;
  deadLetters: number;
}

/** What waits somewhere. But for the ledger, it can't be told to be this or that model's. */
export async function countQueues(
  tx: Queries,
  { projectId, modelId, now }: OfModel & { now: Date },
): Promise<QueueCounts> {
  const [row] = await tx.query<QueueCounts>(
    `select
       (select count(*) from ledger_queue where project_id = $1 and model_id = $2) as ledger,
       (select count(*) from feedback where project_id = $1 and state = 'waiting') as waiting,
       (select count(*) from quarantine where project_id = $1 and expires_at > $3) as quarantine,
       (select count(*) from dead_letters
        where project_id = $1 and replayed_at is null) as "deadLetters"`,
    [projectId, modelId, now],
    "count-queues",
  );
  return row ?? { ledger: 0, waiting: 0, quarantine: 0, deadLetters: 0 };
}
