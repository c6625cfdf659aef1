import type { Database, Queries } from "../database.ts";
import { FenceLost, HOLD_FENCE, holdFence, type LearnerHold } from "./learner-lease.ts";

/** An example as a learner sees it. */
export interface LedgerExample {
  seq: number;
  input: Buffer;
  target: string;
  weight: number;
}

/** What one step learns, as it is on record. */
export interface RecordedStep {
  step: number;
  /** The weights begin anew from this version, and nothing is taken. */
  baseVersion: number | null;
  /** In the order in which they are learned. */
  examples: LedgerExample[];
  /** Positions that leave the replay window. */
  dropped: number[];
}

interface Cut {
  /** Steps so far. */
  after: number;
  /** New examples in one step, at most. */
  perStep: number;
  now: Date;
}

/**
 * Takes what is new in a model's ledger (every withdrawal and supersede, and the oldest examples)
 * and records it as steps, in one transaction: from then on it is what those steps learned.
 * Rows that somebody else is deleting just now are left alone, so that nobody waits for anybody.
 *
 * @returns the steps; none where nothing is new
 * @throws FenceLost
 */
export function takeSteps(
  database: Database,
  hold: LearnerHold,
  { after, perStep, now, most }: Cut & { most: number },
): Promise<RecordedStep[]> {
  return database.transaction(async (tx) => {
    const { entries, examples } = await takeFromQueue(tx, hold, most);
    if (entries.length + examples.length === 0) return [];
    const dropped = entries.length === 0 ? [] : await excludedBy(tx, hold, entries);
    const steps = inSteps(examples, perStep, after);
    if (steps.length === 0) steps.push(emptyStep(after + 1));
    const [first] = steps;
    if (first) first.dropped = dropped;
    await recordSteps(tx, hold, steps, { entries, now });
    return steps;
  });
}

const emptyStep = (step: number): RecordedStep => ({
  step,
  baseVersion: null,
  examples: [],
  dropped: [],
});

function inSteps(
  examples: readonly LedgerExample[],
  perStep: number,
  after: number,
): RecordedStep[] {
  const steps: RecordedStep[] = [];
  for (let from = 0; from < examples.length; from += perStep)
    steps.push({
      ...emptyStep(after + steps.length + 1),
      examples: examples.slice(from, from + perStep),
    });
  return steps;
}

interface TakenRow {
  kind: string | null;
  seq: number;
  input: Buffer | null;
  target: string;
  weight: number;
}

async function takeFromQueue(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
  most: number,
): Promise<{ entries: number[]; examples: LedgerExample[] }> {
  const rows = await tx.query<TakenRow>(
    `with held as materialized (${HOLD_FENCE}), entries as (
       select seq from ledger_queue
       where project_id = $1 and model_id = $2 and kind <> 'example' and exists (select from held)
       order by seq for update skip locked
     ), oldest as (
       select seq from ledger_queue
       where project_id = $1 and model_id = $2 and kind = 'example' and exists (select from held)
       order by seq limit $4 for update skip locked
     ), wanted as (
       select seq from entries union all select seq from oldest
     ), taken as (
       delete from ledger_queue q using wanted w
       where q.project_id = $1 and q.model_id = $2 and q.seq = w.seq
       returning q.seq, q.kind)
     select t.kind, t.seq, l.input, l.target, l.weight
     from held left join taken t on true
       left join lateral (
         select input, target, weight from ledger
         where project_id = $1 and model_id = $2 and seq = t.seq
         offset 0 -- as one join, without statistics yet, the whole ledger is read for each position
       ) l on true
     order by t.seq`,
    [projectId, modelId, fence, most],
    "take-from-queue",
  );
  if (rows.length === 0) throw new FenceLost(modelId, fence);
  const entries: number[] = [];
  const examples: LedgerExample[] = [];
  for (const { kind, seq, input, target, weight } of rows) {
    if (kind === "example" && input) examples.push({ seq, input, target, weight });
    else if (kind !== null) entries.push(seq);
  }
  return { entries, examples };
}

/** The examples that these entries excluded: of a withdrawal all of the person, of a supersede one. */
async function excludedBy(
  tx: Queries,
  { projectId, modelId }: LearnerHold,
  entries: readonly number[],
): Promise<number[]> {
  const rows = await tx.query<{ seq: number }>(
    `select x.seq from ledger e join ledger x
       on x.project_id = e.project_id and x.model_id = e.model_id and x.kind = 'example'
         and x.subject_id = e.subject_id and x.excluded_by = e.seq
     where e.project_id = $1 and e.model_id = $2 and e.seq = any($3::bigint[]) and x.split <> 'exam'
     order by x.seq`,
    [projectId, modelId, entries],
    "excluded-by",
  );
  return rows.map(({ seq }) => seq);
}

async function recordSteps(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
  steps: readonly RecordedStep[],
  { entries, now }: { entries: readonly number[]; now: Date },
): Promise<void> {
  const records = steps.map(({ step, baseVersion, examples, dropped }, i) => {
    const took = examples.map(({ seq }) => seq);
    return {
      step,
      base_version: baseVersion,
      took,
      dropped,
      entries: i === 0 ? entries : [],
      first_seq: took.length === 0 ? null : Math.min(...took),
      last_seq: took.length === 0 ? null : Math.max(...took),
    };
  });
  await tx.query(
    `insert into steps (project_id, model_id, step, fence, base_version, took, dropped, entries,
       first_seq, last_seq, recorded_at)
     select $1, $2, s.step, $3, s.base_version, s.took, s.dropped, s.entries, s.first_seq, s.last_seq, $5
     from json_to_recordset($4::json) s (step bigint, base_version int, took bigint[],
       dropped bigint[], entries bigint[], first_seq bigint, last_seq bigint)`,
    [projectId, modelId, fence, JSON.stringify(records), now],
    "record-steps",
  );
}

/**
 * Records that the weights begin anew from a version (the champion was moved to it), and after
 * that, as ordinary steps, what was learned since the step that the version knows: moving the
 * champion forgets nothing.
 *
 * @param version with the step through which it knows the ledger
 * @throws FenceLost
 */
export function recordRebase(
  database: Database,
  hold: LearnerHold,
  { after, perStep, now, version }: Cut & { version: { number: number; learnedThrough: number } },
): Promise<RecordedStep[]> {
  return database.transaction(async (tx) => {
    await holdFence(tx, hold);
    const missed = await learnedSince(tx, hold, version.learnedThrough);
    const steps = [
      { ...emptyStep(after + 1), baseVersion: version.number },
      ...inSteps(missed, perStep, after + 1),
    ];
    await recordSteps(tx, hold, steps, { entries: [], now });
    return steps;
  });
}

/** Examples first taken after a step, in that order, but for those excluded since. */
function learnedSince(
  tx: Queries,
  { projectId, modelId }: LearnerHold,
  step: number,
): Promise<LedgerExample[]> {
  return tx.query<LedgerExample>(
    `select l.seq, l.input, l.target, l.weight
     from (select t.seq, min(s.step) as first_step
           from steps s cross join lateral unnest(s.took) t (seq)
           where s.project_id = $1 and s.model_id = $2
           group by t.seq) learned
     join ledger l on l.project_id = $1 and l.model_id = $2 and l.seq = learned.seq
     where learned.first_step > $3 and l.excluded_by is null
     order by learned.first_step, l.seq`,
    [projectId, modelId, step],
  );
}

/** Steps after one, in order: at most `most` of them, and none after `through`. */
export async function readSteps(
  tx: Queries,
  span: { projectId: string; modelId: string; after: number; most: number; through?: number },
): Promise<RecordedStep[]> {
  interface Row extends LedgerExample {
    step: number;
    baseVersion: number | null;
    dropped: number[];
  }
  const rows = await tx.query<Row>(
    `select s.step, s.base_version as "baseVersion", s.dropped, l.seq, l.input, l.target, l.weight
     from (select * from steps
           where project_id = $1 and model_id = $2 and step > $3 and ($5::bigint is null or step <= $5)
           order by step limit $4) s
       left join lateral unnest(s.took) with ordinality t (seq, place) on true
       left join ledger l on l.project_id = $1 and l.model_id = $2 and l.seq = t.seq
     order by s.step, t.place`,
    [span.projectId, span.modelId, span.after, span.most, span.through ?? null],
    "read-steps",
  );
  const steps: RecordedStep[] = [];
  for (const { step, baseVersion, dropped, seq, input, target, weight } of rows) {
    let last = steps.at(-1);
    if (last?.step !== step) steps.push((last = { step, baseVersion, dropped, examples: [] }));
    // A row that is gone from the ledger is not learned again; a step without rows has one of nulls.
    if (input) last.examples.push({ seq, input, target, weight });
  }
  return steps;
}

/** Examples at these positions, as far as they are there. */
export function readExamples(
  tx: Queries,
  { projectId, modelId, seqs }: { projectId: string; modelId: string; seqs: readonly number[] },
): Promise<LedgerExample[]> {
  return tx.query<LedgerExample>(
    `select seq, input, target, weight from ledger
     where project_id = $1 and model_id = $2 and kind = 'example' and seq = any($3::bigint[])`,
    [projectId, modelId, seqs],
    "read-examples",
  );
}

/** Whether there is something to take: cheap, writes nothing. */
export async function hasSomethingNew(
  tx: Queries,
  { projectId, modelId }: { projectId: string; modelId: string },
): Promise<boolean> {
  const rows = await tx.query(
    "select from ledger_queue where project_id = $1 and model_id = $2 limit 1",
    [projectId, modelId],
    "has-something-new",
  );
  return rows.length > 0;
}

/** The version from which the weights of a step's line began; the model's first where none is on record. */
export async function baseOf(
  tx: Queries,
  { projectId, modelId, step }: { projectId: string; modelId: string; step: number },
): Promise<number> {
  const [row] = await tx.query<{ base: number }>(
    `select base_version as base from steps
     where project_id = $1 and model_id = $2 and step <= $3 and base_version is not null
     order by step desc limit 1`,
    [projectId, modelId, step],
  );
  return row?.base ?? FIRST_VERSION;
}

const FIRST_VERSION = 1;

/** When weights that know a step were first published. */
export async function notePublication(
  tx: Queries,
  {
    projectId,
    modelId,
    step,
    now,
  }: { projectId: string; modelId: string; step: number; now: Date },
): Promise<void> {
  await tx.query(
    `insert into publications (project_id, model_id, step, published_at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [projectId, modelId, step, now],
    "note-publication",
  );
}
