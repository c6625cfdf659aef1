import {
  type Database,
  deleteExpired,
  dropOldDays,
  makeDays,
  type Retention,
  rollUpTallies,
} from "@groundswell/db";
import { startSweeper, type Sweeper } from "@groundswell/queue";

export interface MaintenanceDeps {
  /** As `maintenance`. */
  database: Database;
  clock: () => Date;
  retention: Retention;
  onDone: (done: { dropped: Record<string, number>; deleted: Record<string, number> }) => void;
  onError: (error: unknown) => void;
}

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
const DAYS_AHEAD = 7;
const MESSAGE_ID_DAYS = 30;
const PUBLICATION_DAYS = 30;
const REPLAYED_DAYS = 30;
const RUN_EVENT_DAYS = 90;
/** Longer than a count may come in late for its instant. */
const TALLY_DAYS = 2;

/** Makes the coming days' partitions, drops and deletes what has had its time: now, and each hour. */
export function startMaintenance(deps: MaintenanceDeps): Sweeper {
  return startSweeper({
    restMs: () => EVERY_MS,
    onError: deps.onError,
    work: async () => {
      deps.onDone(await maintain(deps));
      return false;
    },
  });
}

export async function maintain({
  database,
  clock,
  retention,
}: Pick<MaintenanceDeps, "database" | "clock" | "retention">) {
  const now = clock();
  // First and by itself: without a partition for tomorrow nothing is accepted tomorrow.
  await makeDays(database, now, DAYS_AHEAD);
  const before = (days: number) => new Date(now.getTime() - days * DAY_MS);
  const deleted = {
    message_ids: await deleteAll(database, "message_ids", before(MESSAGE_ID_DAYS)),
    quarantine: await deleteAll(database, "quarantine", now),
    publications: await deleteAll(database, "publications", before(PUBLICATION_DAYS)),
    dead_letters: await deleteAll(database, "dead_letters", before(REPLAYED_DAYS)),
    run_events: await deleteAll(database, "run_events", before(RUN_EVENT_DAYS)),
  };
  await rollUpAll(database, before(TALLY_DAYS));
  return { dropped: await dropOldDays(database, now, retention), deleted };
}

async function deleteAll(
  database: Database,
  table: Parameters<typeof deleteExpired>[1],
  before: Date,
): Promise<number> {
  for (let total = 0; ;) {
    const { deleted, done } = await deleteExpired(database, table, before);
    total += deleted;
    if (done) return total;
  }
}

async function rollUpAll(database: Database, before: Date): Promise<void> {
  for (;;) if ((await rollUpTallies(database, before)).done) return;
}
