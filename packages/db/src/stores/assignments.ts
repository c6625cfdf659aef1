import type { Counts, Split } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

/** A person as one model knows them. */
export interface ModelPerson {
  projectId: string;
  modelId: string;
  subjectId: string;
}

export type Assignment = ModelPerson & { split: Split };

const keys = (people: readonly ModelPerson[]) => [
  people.map((one) => one.projectId),
  people.map((one) => one.modelId),
  people.map((one) => one.subjectId),
];

export function findAssignments(
  tx: Queries,
  people: readonly ModelPerson[],
): Promise<Assignment[]> {
  return tx.query(
    `select a.project_id as "projectId", a.model_id as "modelId", a.subject_id as "subjectId", a.split
     from unnest($1::uuid[], $2::uuid[], $3::uuid[]) g (project_id, model_id, subject_id)
     join assignments a using (project_id, model_id, subject_id)`,
    keys(people),
    "find-assignments",
  );
}

/** The part that somebody was put in who taught before parts were recorded: they stay there. */
export function findSplitsOfLedger(
  tx: Queries,
  people: readonly ModelPerson[],
): Promise<Assignment[]> {
  return tx.query(
    `select g.project_id as "projectId", g.model_id as "modelId", g.subject_id as "subjectId", l.split
     from unnest($1::uuid[], $2::uuid[], $3::uuid[]) g (project_id, model_id, subject_id)
     cross join lateral (
       select split from ledger
       where project_id = g.project_id and subject_id = g.subject_id and model_id = g.model_id
         and kind = 'example'
       order by seq limit 1
     ) l`,
    keys(people),
    "find-splits-of-ledger",
  );
}

/** How far a model's people are placed. */
export interface Placed {
  projectId: string;
  modelId: string;
  counts: Counts;
  /** Parts of the next ones. */
  pending: Split[];
}

/**
 * Holds what places a model's people until the transaction ends. Comes after predictions and before
 * feedback.
 *
 * @param models each once
 */
export async function holdPlaces(
  tx: Queries,
  models: readonly { projectId: string; modelId: string }[],
): Promise<Placed[]> {
  const ids = [models.map((one) => one.projectId), models.map((one) => one.modelId)];
  await tx.query(
    `insert into assignment_blocks (project_id, model_id)
     select * from unnest($1::uuid[], $2::uuid[]) order by 1, 2
     -- Never true: a row that is there is only locked.
     on conflict (project_id, model_id) do update set train = 0 where false`,
    ids,
    "hold-places",
  );
  // A statement of its own: it sees what was written while the one before waited.
  const rows = await tx.query<{ projectId: string; modelId: string; pending: Split[] } & Counts>(
    `select b.project_id as "projectId", b.model_id as "modelId", b.train, b.validation, b.exam,
       b.pending
     from unnest($1::uuid[], $2::uuid[]) g (project_id, model_id)
     join assignment_blocks b using (project_id, model_id)`,
    ids,
    "read-places",
  );
  return rows.map(({ projectId, modelId, pending, train, validation, exam }) => ({
    projectId,
    modelId,
    pending,
    counts: { train, validation, exam },
  }));
}

export async function saveAssignments(
  tx: Queries,
  placed: readonly Placed[],
  assignments: readonly Assignment[],
  now: Date,
): Promise<void> {
  await tx.query(
    `insert into assignments (assigned_at, project_id, model_id, subject_id, split)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) on conflict do nothing`,
    [now, ...keys(assignments), assignments.map((one) => one.split)],
    "save-assignments",
  );
  await tx.query(
    `update assignment_blocks b set train = g.train, validation = g.validation, exam = g.exam,
       pending = array(select json_array_elements_text(g.pending))
     from unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::json[])
       g (project_id, model_id, train, validation, exam, pending)
     where b.project_id = g.project_id and b.model_id = g.model_id`,
    [
      placed.map((one) => one.projectId),
      placed.map((one) => one.modelId),
      placed.map(({ counts }) => counts.train),
      placed.map(({ counts }) => counts.validation),
      placed.map(({ counts }) => counts.exam),
      placed.map(({ pending }) => JSON.stringify(pending)),
    ],
    "save-places",
  );
}
