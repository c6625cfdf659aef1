import type { Queries } from "@groundswell/db";

/** When one feedback was where, in milliseconds since 1970. */
export interface Journey {
  acknowledgedAt: number;
  ledgerAt: number;
  recordedAt: number;
  publishedAt: number;
  servedAt: number;
}

/** An answer of the champion: how much it knew, and when. */
export interface Sighting {
  at: number;
  learnedThrough: number;
}

interface LearnedRow {
  feedbackId: string;
  step: number;
  ledgerAt: Date;
  recordedAt: Date;
  publishedAt: Date;
}

/** Which step took each feedback, and when the first weights that know it were published. */
export async function readLearned(database: Queries, modelId: string): Promise<LearnedRow[]> {
  return database.query<LearnedRow>(
    `select l.feedback_id as "feedbackId", s.step, l.created_at as "ledgerAt",
       s.recorded_at as "recordedAt", p.published_at as "publishedAt"
     from steps s cross join unnest(s.took) as taken (seq)
     join ledger l on (l.project_id, l.model_id, l.seq) = (s.project_id, s.model_id, taken.seq)
     cross join lateral (
       select published_at from publications p
       where (p.project_id, p.model_id) = (s.project_id, s.model_id) and p.step >= s.step
       order by p.step limit 1
     ) p
     where s.model_id = $1`,
    [modelId],
  );
}

/** Joins what the database knows to what the client saw. Feedback that no step took (held out) is left out. */
export function journeys(
  learned: readonly LearnedRow[],
  acknowledged: ReadonlyMap<string, number>,
  sightings: readonly Sighting[],
): Journey[] {
  const seen = firstSightings(sightings);
  return learned.flatMap(({ feedbackId, step, ledgerAt, recordedAt, publishedAt }) => {
    const acknowledgedAt = acknowledged.get(feedbackId);
    const sighting = seen.find(({ learnedThrough }) => learnedThrough >= step);
    if (acknowledgedAt === undefined || !sighting) return [];
    return [
      {
        acknowledgedAt,
        ledgerAt: ledgerAt.getTime(),
        recordedAt: recordedAt.getTime(),
        publishedAt: publishedAt.getTime(),
        servedAt: sighting.at,
      },
    ];
  });
}

/** The first answer that knew each step, in order of time. */
function firstSightings(sightings: readonly Sighting[]): Sighting[] {
  const first: Sighting[] = [];
  for (const sighting of sightings.toSorted((a, b) => a.at - b.at))
    if (sighting.learnedThrough > (first.at(-1)?.learnedThrough ?? -1)) first.push(sighting);
  return first;
}
