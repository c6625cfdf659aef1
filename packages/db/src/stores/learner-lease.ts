import type { Queries } from "../database.ts";

/** A learner's hold on a model. Times are the database's own: learners sit on several machines. */
export interface LearnerHold {
  projectId: string;
  modelId: string;
  holder: string;
  /** Grows with each new holder. */
  fence: number;
}

/** @returns undefined while another learner holds the model */
export async function takeModel(
  tx: Queries,
  { projectId, modelId, holder }: Omit<LearnerHold, "fence">,
  leaseMs: number,
): Promise<LearnerHold | undefined> {
  const [row] = await tx.query<{ fence: number }>(
    `insert into learner_leases as held (project_id, model_id, holder, fence, expires_at)
     values ($1, $2, $3, 1, clock_timestamp() + $4 * interval '1 ms')
     on conflict (project_id, model_id) do update
       set holder = excluded.holder, fence = held.fence + 1, expires_at = excluded.expires_at
       where held.expires_at <= clock_timestamp()
     returning fence`,
    [projectId, modelId, holder, leaseMs],
    "take-model",
  );
  return row && { projectId, modelId, holder, fence: row.fence };
}

/** Holds on longer; also after the lease ran out, where nobody took the model meanwhile. @returns false where somebody did */
export async function renewModel(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
  leaseMs: number,
): Promise<boolean> {
  const rows = await tx.query(
    `update learner_leases set expires_at = clock_timestamp() + $4 * interval '1 ms'
     where project_id = $1 and model_id = $2 and fence = $3 returning fence`,
    [projectId, modelId, fence, leaseMs],
    "renew-model",
  );
  return rows.length > 0;
}

/** The row stays: it remembers the fence. */
export async function releaseModel(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
): Promise<void> {
  await tx.query(
    `update learner_leases set expires_at = clock_timestamp()
     where project_id = $1 and model_id = $2 and fence = $3`,
    [projectId, modelId, fence],
    "release-model",
  );
}

/** Another learner has the model now, or may have it: nothing was written. */
export class FenceLost extends Error {
  override readonly name = "FenceLost";

  constructor(modelId: string, fence: number) {
    super(`Another learner may have model ${modelId}: fence ${fence} holds no longer`);
  }
}

/** By $1 project, $2 model, $3 fence. Locked, so that a new holder begins after this transaction. */
export const HOLD_FENCE = `select from learner_leases
  where project_id = $1 and model_id = $2 and fence = $3 and expires_at > clock_timestamp()
  for share`;

/**
 * Inside a transaction: what follows is written only by the holder.
 *
 * @throws FenceLost
 */
export async function holdFence(
  tx: Queries,
  { projectId, modelId, fence }: LearnerHold,
): Promise<void> {
  const held = await tx.query(HOLD_FENCE, [projectId, modelId, fence], "hold-fence");
  if (held.length === 0) throw new FenceLost(modelId, fence);
}

/** Models that want a learner, of all projects. As `worker`. */
export function findModelsToLearn(tx: Queries): Promise<{ projectId: string; modelId: string }[]> {
  return tx.query(
    `select m.project_id as "projectId", m.model_id as "modelId"
     from models m
     join aliases a on (a.project_id, a.model_id) = (m.project_id, m.model_id)
       and a.alias = 'champion'
     left join lateral (
       select s.step from steps s where (s.project_id, s.model_id) = (m.project_id, m.model_id)
       order by s.step desc limit 1) newest on true
     left join lateral (
       select c.step from checkpoints c
       where (c.project_id, c.model_id) = (m.project_id, m.model_id)
       order by c.step desc limit 1) saved on true
     left join lateral (
       select s.base_version from steps s
       where (s.project_id, s.model_id) = (m.project_id, m.model_id)
         and s.base_version is not null
       order by s.step desc limit 1) line on true
     where m.pace <> 'off' and (
       a.version <> coalesce(line.base_version, 1)
       or coalesce(newest.step, 0) > coalesce(saved.step, 0)
       or exists (select from ledger_queue q
                  where (q.project_id, q.model_id) = (m.project_id, m.model_id)))
     order by m.project_id, m.model_id`,
    [],
    "find-models-to-learn",
  );
}
