import type { GateReport, RunEvent, RunProgress, RunStatus, RunView } from "@groundswell/contracts";

import type { Queries } from "../database.ts";

export interface RunRecord {
  projectId: string;
  runId: string;
  modelId: string;
  trigger: string;
  status: RunStatus;
  config: Record<string, unknown>;
  seed: number;
  note: string | null;
  progress: RunProgress | null;
  dataset: RunView["dataset"];
  version: number | null;
  gate: GateReport | null;
  error: string | null;
  attempts: number;
  cancelRequested: boolean;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** The columns of a `RunRecord`, for stores that read or return runs. */
export const RUN_COLUMNS = `project_id as "projectId", run_id as "runId", model_id as "modelId",
  trigger, status, config, seed, note, progress, dataset, version, gate, error, attempts,
  cancel_requested as "cancelRequested", created_at as "createdAt", started_at as "startedAt",
  finished_at as "finishedAt"`;

export interface NewRun {
  projectId: string;
  runId: string;
  modelId: string;
  trigger: string;
  config: Record<string, unknown>;
  seed: number;
  note: string | null;
  now: Date;
}

/**
 * Queues a run, with its first event. A model has one open run at most.
 *
 * @returns undefined where the model has an open run already
 */
export async function createRun(tx: Queries, run: NewRun): Promise<RunRecord | undefined> {
  const [created] = await tx.query<RunRecord>(
    `insert into training_runs
       (project_id, run_id, model_id, trigger, status, config, seed, note, created_at)
     values ($1, $2, $3, $4, 'queued', $5, $6, $7, $8)
     on conflict (project_id, model_id) where status in ('queued', 'running') do nothing
     returning ${RUN_COLUMNS}`,
    [
      run.projectId,
      run.runId,
      run.modelId,
      run.trigger,
      JSON.stringify(run.config),
      run.seed,
      run.note,
      run.now,
    ],
  );
  if (created)
    await addRunEvent(tx, {
      projectId: run.projectId,
      runId: run.runId,
      event: { type: "status", status: "queued" },
      now: run.now,
    });
  return created;
}

export async function findRun(
  tx: Queries,
  { projectId, modelId, runId }: { projectId: string; modelId: string; runId: string },
): Promise<RunRecord | undefined> {
  const [run] = await tx.query<RunRecord>(
    `select ${RUN_COLUMNS} from training_runs
     where project_id = $1 and run_id = $2 and model_id = $3`,
    [projectId, runId, modelId],
    "find-run",
  );
  return run;
}

export async function findOpenRun(
  tx: Queries,
  projectId: string,
  modelId: string,
): Promise<RunRecord | undefined> {
  const [run] = await tx.query<RunRecord>(
    `select ${RUN_COLUMNS} from training_runs
     where project_id = $1 and model_id = $2 and status in ('queued', 'running')`,
    [projectId, modelId],
  );
  return run;
}

/** Newest first. */
export async function listRuns(
  tx: Queries,
  {
    projectId,
    modelId,
    limit,
    before,
  }: {
    projectId: string;
    modelId: string;
    limit: number;
    /** The last key of the page before: an instant and an id. */
    before?: [createdAt: string, runId: string] | undefined;
  },
): Promise<RunRecord[]> {
  return tx.query<RunRecord>(
    `select ${RUN_COLUMNS} from training_runs
     where project_id = $1 and model_id = $2
       and ($4::timestamptz is null or (created_at, run_id) < ($4, $5::uuid))
     order by created_at desc, run_id desc limit $3`,
    [projectId, modelId, limit, ...(before ?? [null, null])],
    "list-runs",
  );
}

/**
 * Cancels a queued run at once; asks the trainer of a running one to stop. The row lock decides
 * between this and a trainer that claims the run in the same instant.
 *
 * @returns the run as it is now; undefined where there is no such run or it has ended
 */
export async function cancelRun(
  tx: Queries,
  {
    projectId,
    modelId,
    runId,
    now,
  }: { projectId: string; modelId: string; runId: string; now: Date },
): Promise<RunRecord | undefined> {
  const [run] = await tx.query<RunRecord>(
    `update training_runs
     set cancel_requested = true,
         status = case when status = 'queued' then 'cancelled' else status end,
         finished_at = case when status = 'queued' then $4::timestamptz else finished_at end
     where project_id = $1 and run_id = $2 and model_id = $3 and status in ('queued', 'running')
     returning ${RUN_COLUMNS}`,
    [projectId, runId, modelId, now],
  );
  if (run?.status === "cancelled")
    await addRunEvent(tx, {
      projectId,
      runId,
      event: { type: "status", status: "cancelled", detail: "cancelled before it began" },
      now,
    });
  return run;
}

/**
 * Appends an event, inside a transaction. Ids count up from 1 without a gap, which is what a
 * watcher that resumes relies on: whoever appends holds the run's row, so that two never take
 * one number. (Locked by a statement of its own: the next one has to see what the other wrote.)
 */
export async function addRunEvent(
  tx: Queries,
  {
    projectId,
    runId,
    event,
    now,
  }: { projectId: string; runId: string; event: RunEvent; now: Date },
): Promise<void> {
  await tx.query(
    "select 1 from training_runs where project_id = $1 and run_id = $2 for no key update",
    [projectId, runId],
    "lock-run",
  );
  await tx.query(
    `insert into run_events (project_id, run_id, event_id, body, created_at)
     select $1, $2, coalesce(max(event_id), 0) + 1, $3, $4
     from run_events where project_id = $1 and run_id = $2`,
    [projectId, runId, JSON.stringify(event), now],
    "add-run-event",
  );
}

export interface RunReading {
  status: RunStatus;
  /** The id of the last event that there is; 0 for none. */
  newest: number;
  events: { id: number; event: RunEvent }[];
}

/** A run's status, and its events after one of them, of one snapshot: after a final status nothing follows. */
export async function readRunEvents(
  tx: Queries,
  {
    projectId,
    runId,
    after,
    limit,
  }: { projectId: string; runId: string; after: number; limit: number },
): Promise<RunReading | undefined> {
  const [row] = await tx.query<RunReading>(
    `select status,
       coalesce((select max(event_id) from run_events
                 where project_id = $1 and run_id = $2), 0) as newest,
       coalesce((select json_agg(json_build_object('id', e.event_id, 'event', e.body)
                                 order by e.event_id)
                 from (select event_id, body from run_events
                       where project_id = $1 and run_id = $2 and event_id > $3
                       order by event_id limit $4) e), '[]') as events
     from training_runs where project_id = $1 and run_id = $2`,
    [projectId, runId, after, limit],
    "read-run-events",
  );
  return row;
}
