import type { JoinedExample } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

export interface NewExample extends JoinedExample {
  projectId: string;
  feedbackId: string;
  hash: string;
  predictionId: string;
  /** When its feedback was accepted. */
  acceptedAt: Date;
}

/**
 * Writes examples to their models' ledgers, and all but the exam's into the queue of the learner. The
 * input comes from the logged prediction: what the model saw. The feedback is told its position.
 */
export async function appendExamples(
  tx: Queries,
  examples: readonly NewExample[],
  now: Date,
): Promise<void> {
  if (examples.length === 0) return;
  await tx.query(
    `with given as (
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[],
           $7::uuid[], $8::text[], $9::real[], $10::timestamptz[], $12::bool[])
         with ordinality g (project_id, model_id, subject_id, split, feedback_id, value_hash,
           prediction_id, target, weight, accepted_at, asserted, place)
     ), fresh as (
       insert into ledger (project_id, model_id, kind, subject_id, split, feedback_id,
         prediction_id, input, target, weight, accepted_at, asserted, created_at)
       select g.project_id, g.model_id, 'example', g.subject_id, g.split, g.feedback_id,
         g.prediction_id, p.input, g.target, g.weight, g.accepted_at, g.asserted,
         $11::timestamptz
       from given g join predictions p
         on p.project_id = g.project_id and p.prediction_id = g.prediction_id
       order by g.place
       returning project_id, model_id, seq, split, feedback_id, subject_id
     ), queued as (
       insert into ledger_queue (project_id, model_id, seq, kind, subject_id)
       select project_id, model_id, seq, 'example', subject_id from fresh where split <> 'exam'
     )
     update feedback f set ledger_seq = fresh.seq
     from fresh join given g using (project_id, feedback_id)
     where f.project_id = g.project_id and f.feedback_id = g.feedback_id
       and f.value_hash = g.value_hash`,
    [
      examples.map((one) => one.projectId),
      examples.map((one) => one.modelId),
      examples.map((one) => one.subjectId),
      examples.map((one) => one.split),
      examples.map((one) => one.feedbackId),
      examples.map((one) => one.hash),
      examples.map((one) => one.predictionId),
      examples.map((one) => one.target),
      examples.map((one) => one.weight),
      examples.map((one) => one.acceptedAt),
      now,
      examples.map((one) => one.asserted),
    ],
    "append-examples",
  );
}

export interface LedgerPosition {
  projectId: string;
  modelId: string;
  seq: number;
}

/**
 * Takes examples back that another value of their feedback replaced: an entry that says so, the
 * example excluded by it, and out of the queue where no step has taken it. One that a withdrawal
 * has excluded stays with that.
 */
export async function supersedeExamples(
  tx: Queries,
  examples: readonly LedgerPosition[],
  now: Date,
): Promise<void> {
  if (examples.length === 0) return;
  await tx.query(
    `with gone as (
       insert into ledger (project_id, model_id, kind, subject_id, refers_to, created_at)
       select l.project_id, l.model_id, 'supersede', l.subject_id, l.seq, $4::timestamptz
       from ledger l join unnest($1::uuid[], $2::uuid[], $3::bigint[]) g (project_id, model_id, seq)
         on l.project_id = g.project_id and l.model_id = g.model_id and l.seq = g.seq
       where l.kind = 'example' and l.excluded_by is null
       returning project_id, model_id, seq, refers_to
     ), excluded as (
       update ledger l set excluded_by = gone.seq from gone
       where l.project_id = gone.project_id and l.model_id = gone.model_id
         and l.seq = gone.refers_to
       returning l.project_id, l.model_id, l.seq, l.split
     ), unqueued as (
       delete from ledger_queue q using excluded e
       where q.project_id = e.project_id and q.model_id = e.model_id and q.seq = e.seq
     )
     insert into ledger_queue (project_id, model_id, seq, kind)
     select gone.project_id, gone.model_id, gone.seq, 'supersede'
     from gone join excluded e on e.project_id = gone.project_id and e.model_id = gone.model_id
       and e.seq = gone.refers_to
     where e.split <> 'exam'`,
    [
      examples.map((one) => one.projectId),
      examples.map((one) => one.modelId),
      examples.map((one) => one.seq),
      now,
    ],
  );
}
