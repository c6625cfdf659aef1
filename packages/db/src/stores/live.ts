import type { FeedbackValue } from "@groundswell/contracts";

import type { Queries } from "../database.ts";
import { type Fate, FATE_COLUMNS, FATE_JOINS, fateOf, type FateRow } from "./feedback-fate.ts";

/** What a user was shown, and what they did with it. */
export interface LivePrediction {
  predictionId: string;
  createdAt: Date;
  version: number;
  learnedThrough: number;
  /** In the recipe's stored form. */
  input: Buffer;
  label: string;
  probability: number;
  feedback: ({ value: FeedbackValue | null; correction: string | null } & Fate) | null;
}

interface Row extends Omit<LivePrediction, "feedback">, FateRow {
  value: FeedbackValue | null;
  correction: string | null;
}

/** The newest predictions of a model's champion, each with the last thing that was said about it and counts. */
export async function latestPredictions(
  tx: Queries,
  { projectId, modelId, limit }: { projectId: string; modelId: string; limit: number },
): Promise<LivePrediction[]> {
  const rows = await tx.query<Row>(
    `select r.prediction_id as "predictionId", r.created_at as "createdAt", r.version,
            r.learned_through as "learnedThrough", r.input, r.label, r.probability,
            f.value, f.correction, ${FATE_COLUMNS}
     from (
       select * from predictions where project_id = $1 and model_id = $2 and not pinned
       order by prediction_id desc limit $3
     ) r
     left join lateral (
       select * from feedback
       where project_id = r.project_id and prediction_id = r.prediction_id and wins
       order by occurred_at desc, received_at desc, inbox_id desc, item desc limit 1
     ) f on true ${FATE_JOINS}
     order by r.prediction_id desc`,
    [projectId, modelId, limit],
    "latest-predictions",
  );
  return rows.map((row) => ({
    predictionId: row.predictionId,
    createdAt: row.createdAt,
    version: row.version,
    learnedThrough: row.learnedThrough,
    input: row.input,
    label: row.label,
    probability: row.probability,
    feedback:
      row.state === null ? null : { value: row.value, correction: row.correction, ...fateOf(row) },
  }));
}
