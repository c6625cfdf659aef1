import { type Database, findOverdue } from "@groundswell/db";
import { startSweeper, type Sweeper } from "@groundswell/queue";

import type { Cleaner } from "./clean/clean-inbox.ts";

const EVERY_MS = 1_000;
/** A job takes milliseconds; a row that waits for seconds has lost it. */
const OVERDUE_MS = 3_000;
const MOST_ROWS = 200;

/**
 * Cleans rows of the inbox that no job speaks of: Redis was away when they were accepted, or lost its
 * memory since. They go straight into the next transactions, so that this works without Redis too.
 */
export function startOverdueSweeper(deps: {
  database: Database;
  cleaner: Cleaner;
  clock: () => Date;
  onError: (error: unknown) => void;
}): Sweeper {
  const { database, cleaner, clock, onError } = deps;
  return startSweeper({
    restMs: () => EVERY_MS,
    onError,
    work: async () => {
      const receivedBefore = new Date(clock().getTime() - OVERDUE_MS);
      const rows = await findOverdue(database, { receivedBefore, most: MOST_ROWS });
      await Promise.all(
        rows.map(({ inboxId, items }) => cleaner.clean({ inboxIds: [inboxId], items })),
      );
      return rows.length === MOST_ROWS;
    },
  });
}
