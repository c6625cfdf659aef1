import { createHash, randomUUID } from "node:crypto";

import { type RunEvent, type RunProgress, uuid7Generator } from "@groundswell/contracts";
import {
  addToTallies,
  createRegistry,
  insertPredictions,
  type LoggedPrediction,
  type Queries,
} from "@groundswell/db";
import { NO_MODEL, tallyBucket } from "@groundswell/feedback";
import { judgeCandidate } from "@groundswell/models";

import { drawDigit, SIDE } from "./drawn-digits.ts";

/** Rows as the services write them, for a stream of digits that a model learned to read. */
export interface Recorded {
  projectId: string;
  modelId: string;
  now: Date;
  /** Predictions, the newest now, two milliseconds apart. */
  predictions: number;
}

type Fate = "learned" | "waiting" | "no_consent" | "held_out" | "silent";

interface Told extends LoggedPrediction {
  truth: string;
  fate: Fate;
}

const STEP = 16;
const EVERY_MS = 10;

/** What became of the i-th: one in five never agreed, one in ten is the exam's, the newest are silent. */
function fateOf(i: number, last: number): Fate {
  if (i >= last - 2) return "silent";
  if (i >= last - 4) return "waiting";
  if (i % 5 === 3) return "no_consent";
  if (i % 10 === 6) return "held_out";
  return "learned";
}

export async function recordDigits(tx: Queries, recorded: Recorded): Promise<void> {
  const told = tell(recorded);
  await insertPredictions(tx, told);
  await insertFeedback(tx, told);
  await insertExamples(tx, told);
  await insertSteps(tx, recorded);
  await insertInbox(tx, recorded);
  const count = (fate: Fate) => told.filter((one) => one.fate === fate).length;
  const tallies = [
    { modelId: NO_MODEL, what: "accepted", n: told.length + 40 },
    { modelId: NO_MODEL, what: "malformed", n: 6 },
    { modelId: recorded.modelId, what: "duplicate", n: 34 },
    { modelId: recorded.modelId, what: "feedback", n: told.length - count("silent") },
    { modelId: recorded.modelId, what: "example", n: count("learned") },
    { modelId: recorded.modelId, what: "held_out", n: count("held_out") },
    { modelId: recorded.modelId, what: "no_consent", n: count("no_consent") },
  ] as const;
  await addToTallies(
    tx,
    tallies.map((tally) => ({ projectId: recorded.projectId, ...tally })),
    tallyBucket(recorded.now),
  );
}

function tell({ projectId, modelId, now, predictions }: Recorded): Told[] {
  return Array.from({ length: predictions }, (_, i) => {
    const at = now.getTime() - (predictions - i) * EVERY_MS;
    const truth = String((i * 7 + Math.floor(i / 10)) % 10);
    const right = ((i * 31) % 100) / 100 < 0.92 - 0.82 * Math.exp(-i / 350);
    const label = right ? truth : String((Number(truth) + 1 + (i % 8)) % 10);
    const probability = right ? 0.9 + (i % 10) / 100 : 0.4 + (i % 10) / 40;
    return {
      projectId,
      predictionId: uuid7Generator(() => at)(),
      modelId,
      version: 1,
      learnedThrough: Math.floor(i / STEP),
      pinned: false,
      subjectId: subjectOf(i),
      input: drawDigit(truth, i),
      output: { label, probability, classes: [{ label, probability }] },
      latencyMs: 0.6 + (i % 37) / 10,
      createdAt: new Date(at),
      truth,
      fate: fateOf(i, predictions),
    };
  });
}

const uuidOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
const subjectOf = (i: number) => uuidOf(`user ${i % 60}`);

async function insertFeedback(tx: Queries, told: readonly Told[]): Promise<void> {
  const rows = told
    .filter(({ fate }) => fate !== "silent")
    .map(({ projectId, modelId, predictionId, subjectId, createdAt, output, truth, fate }) => ({
      project_id: projectId,
      feedback_id: `f-${predictionId}`,
      value_hash: uuidOf(predictionId),
      prediction_id: predictionId,
      value: output.label === truth,
      correction: output.label === truth ? null : truth,
      subject_id: subjectId,
      at: createdAt,
      state: { waiting: "waiting", no_consent: "kept_out" }[fate as string] ?? "joined",
      reason: fate === "no_consent" ? fate : null,
      model_id: fate === "waiting" ? null : modelId,
      scored: fate === "learned" || fate === "held_out" ? output.label === truth : null,
    }));
  await tx.query(
    `insert into feedback (project_id, feedback_id, value_hash, prediction_id, metric, value, correction,
       subject_id, occurred_at, received_at, inbox_id, item, state, reason, wins, model_id, scored_right,
       scored_at)
     select project_id, feedback_id, value_hash, prediction_id, 'correct', to_jsonb(value), correction,
       subject_id, at, at, 1, 0, state, reason, true, model_id, scored, case when scored is not null then at end
     from json_to_recordset($1) as row (project_id uuid, feedback_id text, value_hash uuid,
       prediction_id uuid, value boolean, correction text, subject_id uuid, at timestamptz, state text,
       reason text, model_id uuid, scored boolean)`,
    [JSON.stringify(rows)],
  );
}

async function insertExamples(tx: Queries, told: readonly Told[]): Promise<void> {
  const rows = told
    .filter(({ fate }) => fate === "learned" || fate === "held_out")
    .map(({ predictionId, truth, fate }) => ({
      prediction_id: predictionId,
      target: truth,
      split: fate === "held_out" ? "exam" : "train",
    }));
  await tx.query(
    `with written as (
       insert into ledger (project_id, model_id, kind, subject_id, split, feedback_id, prediction_id,
         input, target, weight, accepted_at, created_at)
       select p.project_id, p.model_id, 'example', p.subject_id, row.split, 'f-' || p.prediction_id,
         p.prediction_id, p.input, row.target, 1, p.created_at, p.created_at
       from json_to_recordset($1) as row (prediction_id uuid, target text, split text)
       join predictions p using (prediction_id) order by p.prediction_id
       returning project_id, seq, feedback_id
     )
     update feedback f set ledger_seq = written.seq from written
     where f.project_id = written.project_id and f.feedback_id = written.feedback_id`,
    [JSON.stringify(rows)],
  );
}

/** A step for each sixteen examples, published 41 milliseconds after the last of them. */
async function insertSteps(tx: Queries, { projectId, modelId }: Recorded): Promise<void> {
  await tx.query(
    `with numbered as (
       select seq, created_at, (row_number() over (order by seq) - 1) / ${STEP} + 1 as step
       from ledger where project_id = $1 and model_id = $2 and split = 'train'
     ), made as (
       insert into steps (project_id, model_id, step, fence, took, dropped, entries, first_seq, last_seq,
         recorded_at)
       select $1, $2, step, 1, array_agg(seq order by seq), '{}', '{}', min(seq), max(seq), max(created_at)
       from numbered group by step returning step, recorded_at
     )
     insert into publications (project_id, model_id, step, published_at)
     select $1, $2, step, recorded_at + interval '41 milliseconds' from made`,
    [projectId, modelId],
  );
}

/** What was accepted in the last seconds, cleaned already. */
async function insertInbox(tx: Queries, { projectId, now, predictions }: Recorded): Promise<void> {
  await tx.query(
    `insert into inbox (project_id, received_at, items, processed_at, body)
     values ($1, $2, $3, $2, '')`,
    [projectId, now, predictions + 40],
  );
}

const progressAt = (epoch: number, epochs: number): RunProgress => ({
  phase: "training",
  epoch,
  epochs,
  loss: 2.3 * Math.exp(-epoch / 5) + 0.05,
  validation_loss: 2.2 * Math.exp(-epoch / 5) + 0.14,
  validation_accuracy: 0.95 - 0.85 * Math.exp(-epoch / 4),
  elapsed_ms: epoch * 130,
  eta_ms: (epochs - epoch) * 130,
});

export interface RecordedRun {
  projectId: string;
  modelId: string;
  runId: string;
  /** Epochs that are trained, of 30. */
  epochs: number;
}

/** Puts a run where a trainer would have it after so many epochs. */
export async function recordTraining(tx: Queries, run: RecordedRun): Promise<void> {
  const dataset = {
    train: 1_644,
    validation: 210,
    exam: 208,
    subjects: { train: 287, validation: 36, exam: 33 },
    cut_at_step: 90,
  };
  const epochs = Array.from({ length: run.epochs }, (_, i) => progressAt(i + 1, 30));
  await tx.query(
    `update training_runs set status = 'running', started_at = now(), dataset = $3, progress = $4
     where project_id = $1 and run_id = $2`,
    [run.projectId, run.runId, JSON.stringify(dataset), JSON.stringify(epochs.at(-1))],
  );
  await addEvents(tx, run, [
    { type: "status", status: "running" },
    ...epochs.map((progress) => ({ type: "progress" as const, progress })),
  ]);
}

/** The end of a run: a version that passed its gate. @returns the version's number */
export async function recordCandidate(
  tx: Queries,
  run: Omit<RecordedRun, "epochs">,
): Promise<number> {
  const right = (n: number, of: number) => Array.from({ length: of }, (_, i) => Number(i < n));
  const subjects = Array.from({ length: 208 }, (_, i) => `user ${i % 33}`);
  const gate = judgeCandidate({
    settings: { min_accuracy: 0, margin: 0, min_examples: 50 },
    candidate: right(201, 208),
    champion: right(188, 208),
    subjects,
    targets: subjects.map((_, i) => String(i % 10)),
    classes: "0123456789".split(""),
    examShare: 0.1,
  });
  const registry = createRegistry(tx, run.projectId);
  const { number } = await registry.addVersion(
    run.modelId,
    {
      kind: "batch",
      status: gate.passed ? "passed" : "refused",
      parent: 1,
      runId: run.runId,
      learnedThrough: 90,
      artifact: {
        sha256: createHash("sha256").update(randomUUID()).digest("hex"),
        bytes: 1_629_000,
      },
      lineage: {},
      gate,
    },
    new Date(),
  );
  await tx.query(
    `update training_runs set status = 'succeeded', finished_at = now(), version = $3, gate = $4
     where project_id = $1 and run_id = $2`,
    [run.projectId, run.runId, number, JSON.stringify(gate)],
  );
  await addEvents(tx, run, [
    { type: "gate", gate, version: number },
    { type: "status", status: "succeeded" },
  ]);
  return number;
}

async function addEvents(
  tx: Queries,
  { projectId, runId }: Pick<RecordedRun, "projectId" | "runId">,
  events: readonly RunEvent[],
): Promise<void> {
  await tx.query(
    `insert into run_events (project_id, run_id, event_id, body, created_at)
     select $1, $2, place + (select count(*) from run_events where project_id = $1 and run_id = $2),
       body, now()
     from jsonb_array_elements($3::jsonb) with ordinality as given (body, place)`,
    [projectId, runId, JSON.stringify(events)],
  );
}

/** What the model sees of a picture. */
export const PIXELS = { width: SIDE, height: SIDE };
