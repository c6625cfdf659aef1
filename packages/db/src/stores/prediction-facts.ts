import type { PredictionFacts } from "@groundswell/feedback";

import type { Queries } from "../database.ts";

export interface PredictionKey {
  projectId: string;
  predictionId: string;
}

/**
 * What the logged predictions say that feedback speaks of. One that is not stored (yet), or is
 * another project's, is missing. Shares go by text: `real` as `float8` would be 0.10000000149.
 *
 * `offset 0` keeps the look-up of each key apart from the join with its model. Joined as one, a
 * database without statistics yet reads all predictions of the model for each key.
 */
export function findPredictions(
  tx: Queries,
  keys: readonly PredictionKey[],
): Promise<(PredictionKey & PredictionFacts)[]> {
  return tx.query(
    `select p.project_id as "projectId", p.prediction_id as "predictionId",
            p.model_id as "modelId", m.name as "modelName", m.classes,
            m.split_salt as "splitSalt", m.exam_share::text::float8 as "examShare",
            m.validation_share::text::float8 as "validationShare", p.pinned,
            m.teaching_metrics as "teachingMetrics", p.subject_id as "subjectId",
            p.label
     from unnest($1::uuid[], $2::uuid[]) g (project_id, prediction_id)
     cross join lateral (
       select * from predictions
       where project_id = g.project_id and prediction_id = g.prediction_id
       offset 0
     ) p
     join models m on m.project_id = p.project_id and m.model_id = p.model_id`,
    [keys.map((key) => key.projectId), keys.map((key) => key.predictionId)],
    "find-predictions",
  );
}

/**
 * Holds predictions until the transaction ends: of all that speaks of one, in however many feedbacks, one
 * transaction decides at a time. Comes after consents and before feedback; one that is not stored
 * is missing, and nothing can be decided about it.
 */
export async function holdPredictions(tx: Queries, keys: readonly PredictionKey[]): Promise<void> {
  if (keys.length === 0) return;
  await tx.query(
    `select 1 from predictions p
     join (select distinct * from unnest($1::uuid[], $2::uuid[])) g (project_id, prediction_id)
       on p.project_id = g.project_id and p.prediction_id = g.prediction_id
     order by p.project_id, p.prediction_id for no key update of p`,
    [keys.map((key) => key.projectId), keys.map((key) => key.predictionId)],
    "hold-predictions",
  );
}
