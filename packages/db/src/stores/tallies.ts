import type { Tally } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

/**
 * Counts, in the transaction that does what is counted: true after any crash.
 *
 * @param tallies each key once, in the order of `Counter.tallies`; the last locks that a transaction takes
 */
export async function addToTallies(
  tx: Queries,
  tallies: readonly Tally[],
  bucket: Date,
): Promise<void> {
  await tx.query(
    `insert into tallies as t (bucket, project_id, model_id, what, n)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
     on conflict (project_id, model_id, bucket, what) do update set n = t.n + excluded.n`,
    [
      bucket,
      tallies.map((tally) => tally.projectId),
      tallies.map((tally) => tally.modelId),
      tallies.map((tally) => tally.what),
      tallies.map((tally) => tally.n),
    ],
    "add-to-tallies",
  );
}
