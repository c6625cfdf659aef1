import { setTimeout as delay } from "node:timers/promises";

import type { Queries } from "@groundswell/db";

const EVERY_MS = 5;
const WITHIN_MS = 20_000;

/** Resolves when a worker has processed all that a project has accepted. */
export async function untilCleaned(database: Queries, projectId: string): Promise<void> {
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const [row] = await database.query<{ n: number }>(
      "select count(*) as n from inbox where project_id = $1 and processed_at is null",
      [projectId],
    );
    if (row?.n === 0) return;
    if (Date.now() > until) throw new Error(`${row?.n} batches of the inbox are still waiting`);
    await delay(EVERY_MS);
  }
}
