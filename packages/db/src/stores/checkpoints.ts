import type { Database, Queries } from "../database.ts";
import { holdFence, type LearnerHold } from "./learner-lease.ts";

export interface StoredCheckpoint {
  step: number;
  artifact: string;
}

/**
 * Notes a checkpoint whose artifact is on disk.
 *
 * @throws FenceLost
 */
export async function addCheckpoint(
  database: Database,
  hold: LearnerHold,
  checkpoint: {
    step: number;
    artifact: { sha256: string; bytes: number };
    numericClass: string;
    now: Date;
  },
): Promise<void> {
  const { projectId, modelId, fence } = hold;
  const { step, artifact, numericClass, now } = checkpoint;
  await database.transaction(async (tx) => {
    await holdFence(tx, hold);
    await tx.query(
      `insert into artifacts (project_id, sha256, bytes, kind, created_at)
       values ($1, $2, $3, 'checkpoint', $4) on conflict do nothing`,
      [projectId, artifact.sha256, artifact.bytes, now],
    );
    // A step that has one already was reached again after a crash: to the same bits.
    await tx.query(
      `insert into checkpoints (project_id, model_id, step, fence, artifact, numeric_class, created_at)
       values ($1, $2, $4, $3, $5, $6, $7) on conflict (project_id, model_id, step) do nothing`,
      [projectId, modelId, fence, step, artifact.sha256, numericClass, now],
    );
  });
}

/** Newest first. */
export function listCheckpoints(
  tx: Queries,
  { projectId, modelId }: { projectId: string; modelId: string },
): Promise<StoredCheckpoint[]> {
  return tx.query<StoredCheckpoint>(
    `select step, artifact from checkpoints where project_id = $1 and model_id = $2
     order by step desc`,
    [projectId, modelId],
    "list-checkpoints",
  );
}

/**
 * Forgets checkpoints.
 *
 * @returns the artifacts that nothing refers to any more
 */
export async function removeCheckpoints(
  database: Database,
  { projectId, modelId }: { projectId: string; modelId: string },
  steps: readonly number[],
): Promise<string[]> {
  return database.transaction(async (tx) => {
    const gone = await tx.query<{ artifact: string }>(
      `delete from checkpoints where project_id = $1 and model_id = $2 and step = any($3::bigint[])
       returning artifact`,
      [projectId, modelId, steps],
    );
    const unused = await tx.query<{ sha256: string }>(
      `delete from artifacts a where project_id = $1 and sha256 = any($2::text[])
         and not exists (select from checkpoints c where (c.project_id, c.artifact) = (a.project_id, a.sha256))
         and not exists (select from model_versions v where (v.project_id, v.artifact) = (a.project_id, a.sha256))
       returning sha256`,
      [projectId, gone.map(({ artifact }) => artifact)],
    );
    return unused.map(({ sha256 }) => sha256);
  });
}
