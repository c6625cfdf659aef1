import type { Queries } from "../database.ts";

interface Steps {
  projectId: string;
  modelId: string;
  /** Steps after the first one, through the second. */
  after: number;
  through: number;
}

/** How many examples steps took, also those that an earlier step had taken. */
export async function countTaken(
  tx: Queries,
  { projectId, modelId, after, through }: Steps,
): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `select coalesce(sum(cardinality(took)), 0)::bigint as n from steps
     where project_id = $1 and model_id = $2 and step > $3 and step <= $4`,
    [projectId, modelId, after, through],
    "count-taken",
  );
  return row?.n ?? 0;
}

/** Positions in the ledger. */
export async function takenExamples(
  tx: Queries,
  { projectId, modelId, after, through }: Steps,
): Promise<number[]> {
  const [row] = await tx.query<{ seqs: number[] }>(
    `select array(
       select unnest(took) from steps
       where project_id = $1 and model_id = $2 and step > $3 and step <= $4
     ) as seqs`,
    [projectId, modelId, after, through],
    "taken-examples",
  );
  return row?.seqs ?? [];
}

/** The next step at which the weights began anew, and the step that its version knows the ledger through. */
export async function nextRebase(
  tx: Queries,
  { projectId, modelId, after, through }: Steps,
): Promise<{ step: number; knows: number } | undefined> {
  const [row] = await tx.query<{ step: number; knows: number }>(
    `select s.step, v.learned_through as knows
     from steps s join model_versions v
       on v.project_id = s.project_id and v.model_id = s.model_id and v.number = s.base_version
     where s.project_id = $1 and s.model_id = $2 and s.step > $3 and s.step <= $4
     order by s.step limit 1`,
    [projectId, modelId, after, through],
    "next-rebase",
  );
  return row;
}
