import type { ProfileChange } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

/**
 * Adds what a batch tells of people. Of each trait the greatest stamp wins, so that batches may come
 * in any order.
 *
 * @param changes each person once, in ascending order of project and subject: that is the order of locks
 */
export async function addToProfiles(
  tx: Queries,
  changes: readonly ProfileChange[],
  toJsonb: (value: unknown) => string,
): Promise<void> {
  await tx.query(
    `insert into profiles as p (project_id, subject_id, events, feedback, positive, traits,
       trait_times, first_seen_at, last_seen_at)
     select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[],
       $6::jsonb[], $7::jsonb[], $8::timestamptz[], $9::timestamptz[])
     on conflict (project_id, subject_id) do update set
       events = p.events + excluded.events,
       feedback = p.feedback + excluded.feedback,
       positive = p.positive + excluded.positive,
       first_seen_at = least(p.first_seen_at, excluded.first_seen_at),
       last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at),
       traits = case when excluded.traits = '{}' then p.traits
         else p.traits || ${newer("excluded.traits")} end,
       trait_times = case when excluded.traits = '{}' then p.trait_times
         else p.trait_times || ${newer("excluded.trait_times")} end`,
    [
      changes.map((change) => change.projectId),
      changes.map((change) => change.subjectId),
      changes.map((change) => change.events),
      changes.map((change) => change.feedback),
      changes.map((change) => change.positive),
      changes.map((change) => toJsonb(change.traits)),
      changes.map((change) => toJsonb(change.traitStamps)),
      changes.map((change) => change.firstSeenAt),
      changes.map((change) => change.lastSeenAt),
    ],
    "add-to-profiles",
  );
}

/** Those entries of a jsonb object whose trait was said later than what is stored. */
const newer = (object: string) => `(
  select coalesce(jsonb_object_agg(e.key, e.value), '{}') from jsonb_each(${object}) e
  where coalesce(p.trait_times ->> e.key, '') collate "C"
      < (excluded.trait_times ->> e.key) collate "C"
)`;
