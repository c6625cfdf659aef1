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
            m.validation_share::text::float8 as "validationShare", p.pinned, p.subject_id as "subjectId",
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
