import type { GateReport, RunEvent, RunProgress, RunView } from "@groundswell/contracts";

import type { Database, Queries } from "../database.ts";
import { addRunEvent, RUN_COLUMNS, type RunRecord } from "./runs.ts";

/** A trainer's hold on a run: whoever has it writes, until it ends or is taken over. */
export interface RunHold {
  projectId: string;
  runId: string;
  holder: string;
}

const HELD = `project_id = $1 and run_id = $2 and lease_holder = $3 and status = 'running'`;
const keyOf = ({ projectId, runId, holder }: RunHold) => [projectId, runId, holder];

/**
 * Takes the oldest run that is queued, or whose trainer has not renewed its lease. As `worker`.
 * Two trainers never get the same one.
 */
export function claimRun(
  database: Database,
  { holder, now, leaseMs }: { holder: string; now: Date; leaseMs: number },
): Promise<RunRecord | undefined> {
  return database.transaction(async (tx) => {
    const [run] = await tx.query<RunRecord>(
      `update training_runs r
       set status = 'running', lease_holder = $1, leased_until = $3, attempts = r.attempts + 1,
           started_at = coalesce(r.started_at, $2)
       from (select project_id, run_id from training_runs
             where status = 'queued' or (status = 'running' and leased_until < $2)
             order by created_at for update skip locked limit 1) open
       where (r.project_id, r.run_id) = (open.project_id, open.run_id)
       returning ${RUN_COLUMNS.replaceAll(/\b(project_id|run_id)\b/g, "r.$1")}`,
      [holder, now, new Date(now.getTime() + leaseMs)],
    );
    if (run) await addRunEvent(tx, { ...run, now, event: { type: "status", status: "running" } });
    return run;
  });
}

/** @returns whether somebody asked to cancel; undefined where the run is no longer this holder's */
export async function renewRun(
  database: Queries,
  hold: RunHold,
  leasedUntil: Date,
): Promise<{ cancelRequested: boolean } | undefined> {
  const [row] = await database.query<{ cancelRequested: boolean }>(
    `update training_runs set leased_until = $4 where ${HELD}
     returning cancel_requested as "cancelRequested"`,
    [...keyOf(hold), leasedUntil],
    "renew-run",
  );
  return row;
}

/** A row of progress, and an event for whoever watches. Does nothing once the run is another's. */
export function tellProgress(
  database: Database,
  hold: RunHold,
  progress: RunProgress,
  now: Date,
): Promise<void> {
  return database.transaction(async (tx) => {
    const held = await tx.query(
      `update training_runs set progress = $4 where ${HELD} returning run_id`,
      [...keyOf(hold), JSON.stringify(progress)],
      "tell-progress",
    );
    if (held.length > 0)
      await addRunEvent(tx, { ...hold, now, event: { type: "progress", progress } });
  });
}

export async function noteDataset(
  database: Queries,
  hold: RunHold,
  dataset: NonNullable<RunView["dataset"]>,
): Promise<void> {
  await database.query(`update training_runs set dataset = $4 where ${HELD}`, [
    ...keyOf(hold),
    JSON.stringify(dataset),
  ]);
}

export type RunEnd =
  | { status: "succeeded"; version: number; gate: GateReport }
  | { status: "failed"; error: string }
  | { status: "cancelled" };

/**
 * Ends a run, inside the transaction that keeps what it made: both or neither.
 *
 * @returns false where the run is no longer this holder's: what it made must be thrown away
 */
export async function endRun(tx: Queries, hold: RunHold, end: RunEnd, now: Date): Promise<boolean> {
  const version = end.status === "succeeded" ? end.version : null;
  const gate = end.status === "succeeded" ? JSON.stringify(end.gate) : null;
  const error = end.status === "failed" ? end.error : null;
  const held = await tx.query(
    `update training_runs
     set status = $4, version = $5, gate = $6, error = $7, finished_at = $8, leased_until = null,
         progress = case when $4 = 'succeeded'
           then jsonb_set(jsonb_set(progress, '{phase}', '"done"'), '{eta_ms}', '0') else progress end
     where ${HELD} returning run_id`,
    [...keyOf(hold), end.status, version, gate, error, now],
  );
  if (held.length === 0) return false;
  const events: RunEvent[] = [
    ...(end.status === "succeeded"
      ? [{ type: "gate" as const, gate: end.gate, version: end.version }]
      : []),
    { type: "status", status: end.status, ...(error === null ? {} : { detail: error }) },
  ];
  for (const event of events) await addRunEvent(tx, { ...hold, now, event });
  return true;
}

/** Gives a run back for another try. */
export async function requeueRun(
  tx: Queries,
  hold: RunHold,
  why: string,
  now: Date,
): Promise<void> {
  const held = await tx.query(
    `update training_runs set status = 'queued', leased_until = null, lease_holder = null
     where ${HELD} returning run_id`,
    keyOf(hold),
  );
  if (held.length > 0)
    await addRunEvent(tx, {
      ...hold,
      now,
      event: { type: "status", status: "queued", detail: why },
    });
}
