import type { Database, Queries } from "../database.ts";

/** Makes the days around now, where they are missing. */
export async function makeDays(database: Queries, now: Date, ahead: number): Promise<void> {
  await database.query(
    "select make_day((($1::timestamptz at time zone 'UTC')::date + i)) from generate_series(-1, $2::int) i",
    [now, ahead],
  );
}

export interface Retention {
  inboxDays: number;
  eventDays: number;
  predictionDays: number;
}

const DAY_MS = 86_400_000;
const daysBefore = (now: Date, days: number) => new Date(now.getTime() - days * DAY_MS);

/** Drops what is older than it may get. One table a transaction: each drop waits for a lock, and may give up. */
export async function dropOldDays(
  database: Database,
  now: Date,
  retention: Retention,
): Promise<Record<string, number>> {
  const kept = [
    ["inbox", retention.inboxDays],
    ["events", retention.eventDays],
    ["predictions", retention.predictionDays],
  ] as const;
  const dropped: Record<string, number> = {};
  for (const [table, days] of kept) {
    const [row] = await database.transaction((tx) =>
      tx.query<{ dropped: number }>("select drop_days($1::regclass, $2) as dropped", [
        table,
        daysBefore(now, days),
      ]),
    );
    dropped[table] = row?.dropped ?? 0;
  }
  return dropped;
}

/** How many rows a slice deletes: short enough not to hold anybody up. */
const SLICE = 5_000;

const EXPIRED = {
  message_ids: { key: "project_id, message_key", since: "first_received_at" },
  quarantine: { key: "project_id, quarantine_id", since: "expires_at" },
  publications: { key: "project_id, model_id, step", since: "published_at" },
  // What was never replayed stays: it was accepted.
  dead_letters: { key: "project_id, dead_letter_id", since: "replayed_at" },
  // A run that takes longer than they are kept has lost only its first events.
  run_events: { key: "project_id, run_id, event_id", since: "created_at" },
} as const;

/** Deletes a slice of the rows whose time ended before an instant. @returns whether that was all */
export async function deleteExpired(
  database: Queries,
  table: keyof typeof EXPIRED,
  before: Date,
): Promise<{ deleted: number; done: boolean }> {
  const { key, since } = EXPIRED[table];
  const rows = await database.query(
    `delete from ${table} where (${key}) in (
       select ${key} from ${table} where ${since} < $1 limit ${SLICE}
     ) returning 1`,
    [before],
  );
  return { deleted: rows.length, done: rows.length < SLICE };
}

/** Puts a slice of old counts together, a row for each day. @returns whether that was all */
export async function rollUpTallies(
  database: Queries,
  before: Date,
): Promise<{ rolledUp: number; done: boolean }> {
  const [row] = await database.query<{ n: number }>("select roll_up_tallies($1, $2) as n", [
    before,
    SLICE,
  ]);
  const rolledUp = row?.n ?? 0;
  return { rolledUp, done: rolledUp < SLICE };
}
