import type { Queries } from "../database.ts";

/** An example of the ledger that may be learned from now. */
export interface DatasetRow {
  seq: number;
  split: "train" | "validation" | "exam";
  subjectId: string;
  input: Buffer;
  target: string;
  weight: number;
}

const ROW = `l.seq, l.split, l.subject_id as "subjectId", l.input, l.target, l.weight`;

/**
 * Excluded are older values of a feedback, and people who withdrew; whoever never agreed has no row,
 * or one that rests on the word of its sender.
 */
const MAY_TEACH = `l.kind = 'example' and l.excluded_by is null and coalesce((
  select c.granted from consent_state c
  where (c.project_id, c.subject_id) = (l.project_id, l.subject_id)
    and c.purpose = 'model_training'), l.asserted)`;

/**
 * What a model may learn from, in the order of the ledger: the last value of each feedback, of
 * people who agree now. Train and validation rows are those that a step up to `throughStep` took
 * (ADR 0001), or where the model has no reader (`everything`) all; exam rows, which no step takes, all.
 */
export function cutDataset(
  tx: Queries,
  cut: { projectId: string; modelId: string; throughStep: number; everything: boolean },
): Promise<DatasetRow[]> {
  return tx.query<DatasetRow>(
    `select ${ROW} from ledger l
     where l.project_id = $1 and l.model_id = $2 and ${MAY_TEACH}
       and (l.split = 'exam' or $4 or l.seq in (
         select unnest(s.took) from steps s
         where s.project_id = $1 and s.model_id = $2 and s.step <= $3))
     order by l.seq`,
    [cut.projectId, cut.modelId, cut.throughStep, cut.everything],
  );
}

/** What a step took of what may still be learned from. */
export interface TakenStep {
  step: number;
  rows: DatasetRow[];
  dropped: number[];
}

/** Steps after one and up to another, in order; a step without examples is one with no rows. */
export async function readTakenSteps(
  tx: Queries,
  span: { projectId: string; modelId: string; after: number; through: number },
): Promise<TakenStep[]> {
  const rows = await tx.query<{ step: number; dropped: number[] } & Partial<DatasetRow>>(
    `select s.step, s.dropped, ${ROW}
     from steps s left join lateral unnest(s.took) with ordinality t (seq, place) on true
       left join ledger l on l.project_id = s.project_id and l.model_id = s.model_id
         and l.seq = t.seq and ${MAY_TEACH}
     where s.project_id = $1 and s.model_id = $2 and s.step > $3 and s.step <= $4
     order by s.step, t.place`,
    [span.projectId, span.modelId, span.after, span.through],
  );
  const steps: TakenStep[] = [];
  for (const { step, dropped, ...row } of rows) {
    let last = steps.at(-1);
    if (last?.step !== step) steps.push((last = { step, dropped, rows: [] }));
    if (row.seq !== undefined && row.seq !== null) last.rows.push(row as DatasetRow);
  }
  return steps;
}
