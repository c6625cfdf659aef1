import type { Database, Queries } from "../database.ts";
import { FenceLost, HOLD_FENCE, type LearnerHold } from "./learner-lease.ts";
import { HOLD_LEDGER_SHARED } from "./ledger-lock.ts";
import { inSteps, type StepBounds } from "./step-bounds.ts";

/** An example as a learner sees it. */
export interface LedgerExample {
  seq: number;
  input: Buffer;
  target: string;
  weight: number;
  /** Pseudonym. */
  person: string;
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
  /** By which rules the replay window is kept (`WindowRules` of `@groundswell/training`). */
  rules: 0 | 1;
}

interface Cut extends StepBounds {
  /** Steps so far. */
  after: number;
  now: Date;
}

/** Those of whoever has many waiting are taken in turn with all others' among so many of the oldest. */
const FAIR_AMONG = 20_000;
/** Steps that one person's examples are spread over at once: others do not wait for the rest. */
const MOST_TURNS = 32;

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
  cut: Cut & { most: number },
): Promise<RecordedStep[]> {
  return record(database, hold, cut.now, async (tx, entries) => {
    const steps = stepsOf(await takeExamples(tx, hold, cut), cut, cut.after);
    return steps.length > 0 || entries === 0 ? steps : [emptyStep(cut.after + 1)];
  });
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
  { version, ...cut }: Cut & { version: { number: number; learnedThrough: number } },
): Promise<RecordedStep[]> {
  return record(database, hold, cut.now, async (tx) => [
    { ...emptyStep(cut.after + 1), baseVersion: version.number },
    ...stepsOf(await learnedSince(tx, hold, version.learnedThrough), cut, cut.after + 1),
  ]);
}

/**
 * The one way in which steps are recorded. First everything is taken that takes examples out, so
 * that no step holds somebody whose withdrawal was acknowledged before: a withdrawal waits for the
 * transaction that is recording, and whoever records after it sees it (`ledger-lock.ts`).
 *
 * @param make the steps, whatever they are; told how many entries were taken
 */
function record(
  database: Database,
  hold: LearnerHold,
  now: Date,
  make: (tx: Queries, entries: number) => Promise<RecordedStep[]>,
): Promise<RecordedStep[]> {
  return database.transaction(async (tx) => {
    await holdToRecord(tx, hold);
    const entries = await takeEntries(tx, hold);
    const dropped = entries.length === 0 ? [] : await excludedBy(tx, hold, entries);
    const steps = await make(tx, entries.length);
    const [first] = steps;
    if (!first) return [];
    first.dropped = dropped;
    await recordSteps(tx, hold, steps, { entries, now });
    return steps;
  });
}

/** A statement of its own: those after it see what was committed while it waited. @throws FenceLost */
async function holdToRecord(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
): Promise<void> {
  const held = await tx.query(
    `with held as materialized (${HOLD_FENCE}) select ${HOLD_LEDGER_SHARED} from held`,
    [projectId, modelId, fence],
    "hold-to-record",
  );
  if (held.length === 0) throw new FenceLost(modelId, fence);
}

const stepsOf = (examples: readonly LedgerExample[], cut: Cut, after: number): RecordedStep[] =>
  inSteps(examples, cut).map((own, i) => ({ ...emptyStep(after + 1 + i), examples: own }));

const emptyStep = (step: number): RecordedStep => ({
  step,
  baseVersion: null,
  examples: [],
  dropped: [],
  rules: 1,
});

/** Every withdrawal and supersede that waits. */
async function takeEntries(tx: Queries, { projectId, modelId }: LearnerHold): Promise<number[]> {
  const rows = await tx.query<{ seq: number }>(
    `delete from ledger_queue
     where project_id = $1 and model_id = $2 and kind <> 'example' returning seq`,
    [projectId, modelId],
    "take-entries",
  );
  return rows.map(({ seq }) => seq).toSorted((a, b) => a - b);
}

/** The oldest that wait; where persons are bounded, everybody's first before anybody's second. */
async function takeExamples(
  tx: Queries,
  { projectId, modelId }: LearnerHold,
  { most, perStep, perPerson }: Cut & { most: number },
): Promise<LedgerExample[]> {
  const isBounded = perPerson < perStep;
  const among = isBounded ? FAIR_AMONG : most;
  const turns = isBounded ? MOST_TURNS * perPerson : most;
  return tx.query<LedgerExample>(
    `with oldest as (
       select seq, subject_id from ledger_queue
       where project_id = $1 and model_id = $2 and kind = 'example' order by seq limit $3
     ), turns as (
       select seq, row_number() over (partition by subject_id order by seq) as turn from oldest
     ), wanted as (
       select seq from turns where turn <= $4 order by turn, seq limit $5
     ), free as (
       select q.seq from ledger_queue q join wanted w using (seq)
       where q.project_id = $1 and q.model_id = $2 for update of q skip locked
     ), taken as (
       delete from ledger_queue q using free f
       where q.project_id = $1 and q.model_id = $2 and q.seq = f.seq
       returning q.seq)
     select t.seq, l.input, l.target, l.weight, l.subject_id as person
     from taken t cross join lateral (
       select * from ledger
       where project_id = $1 and model_id = $2 and seq = t.seq
       offset 0 -- as one join, without statistics yet, the whole ledger is read for each position
     ) l
     order by t.seq`,
    [projectId, modelId, among, turns, most],
    "take-examples",
  );
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
  const records = steps.map(({ step, baseVersion, examples, dropped, rules }, i) => {
    const took = examples.map(({ seq }) => seq);
    return {
      step,
      base_version: baseVersion,
      took,
      dropped,
      entries: i === 0 ? entries : [],
      rules,
      first_seq: took.length === 0 ? null : Math.min(...took),
      last_seq: took.length === 0 ? null : Math.max(...took),
    };
  });
  await tx.query(
    `insert into steps (project_id, model_id, step, fence, base_version, took, dropped, entries,
       rules, first_seq, last_seq, recorded_at)
     select $1, $2, s.step, $3, s.base_version, s.took, s.dropped, s.entries, s.rules, s.first_seq,
       s.last_seq, $5
     from json_to_recordset($4::json) s (step bigint, base_version int, took bigint[],
       dropped bigint[], entries bigint[], rules smallint, first_seq bigint, last_seq bigint)`,
    [projectId, modelId, fence, JSON.stringify(records), now],
    "record-steps",
  );
}

/** Examples first taken after a step, in that order, but for those excluded since. */
function learnedSince(
  tx: Queries,
  { projectId, modelId }: LearnerHold,
  step: number,
): Promise<LedgerExample[]> {
  return tx.query<LedgerExample>(
    `select l.seq, l.input, l.target, l.weight, l.subject_id as person
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
    rules: 0 | 1;
  }
  const rows = await tx.query<Row>(
    `select s.step, s.base_version as "baseVersion", s.dropped, coalesce(s.rules, 0) as rules,
       l.seq, l.input, l.target, l.weight, l.subject_id as person
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
  for (const { step, baseVersion, dropped, rules, ...example } of rows) {
    let last = steps.at(-1);
    if (last?.step !== step)
      steps.push((last = { step, baseVersion, dropped, rules, examples: [] }));
    // A row that is gone from the ledger is not learned again; a step without rows has one of nulls.
    if (example.input) last.examples.push(example);
  }
  return steps;
}

/** Examples at these positions, as far as they are there. */
export function readExamples(
  tx: Queries,
  { projectId, modelId, seqs }: { projectId: string; modelId: string; seqs: readonly number[] },
): Promise<LedgerExample[]> {
  return tx.query<LedgerExample>(
    `select seq, input, target, weight, subject_id as person from ledger
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
