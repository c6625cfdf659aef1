import type { PredictionAnswer } from "@groundswell/contracts";

import type { Queries } from "../database.ts";

/** A prediction as it was answered. */
export interface LoggedPrediction {
  projectId: string;
  predictionId: string;
  modelId: string;
  version: number;
  learnedThrough: number;
  pinned: boolean;
  subjectId: string | null;
  /** The recipe's stored form of the inputs. */
  input: Uint8Array;
  output: PredictionAnswer["output"];
  latencyMs: number;
  createdAt: Date;
}

/**
 * As `worker`: a commit group mixes projects.
 *
 * @returns whether each was stored; false where its id was taken already
 */
export async function insertPredictions(
  database: Queries,
  rows: readonly LoggedPrediction[],
): Promise<boolean[]> {
  // Inputs go end to end in one parameter: bytes then, where an array would be hexadecimal text.
  const inputs = rows.map((row) => row.input);
  let at = 1;
  const inserted = await database.query<{ key: string }>(
    `insert into predictions (project_id, prediction_id, model_id, version, learned_through, pinned, subject_id,
       input, label, probability, output, latency_ms, created_at)
     select project_id, prediction_id, model_id, version, learned_through, pinned, subject_id,
       substring($8::bytea from input_at for input_bytes),
       output->>'label', (output->>'probability')::real, output, latency_ms, created_at
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::bigint[], $6::boolean[], $7::uuid[],
       $9::int[], $10::int[], $11::jsonb[], $12::real[], $13::timestamptz[])
       as row (project_id, prediction_id, model_id, version, learned_through, pinned, subject_id,
         input_at, input_bytes, output, latency_ms, created_at)
     on conflict do nothing returning project_id || '/' || prediction_id as key`,
    [
      rows.map((row) => row.projectId),
      rows.map((row) => row.predictionId),
      rows.map((row) => row.modelId),
      rows.map((row) => row.version),
      rows.map((row) => row.learnedThrough),
      rows.map((row) => row.pinned),
      rows.map((row) => row.subjectId),
      Buffer.concat(inputs),
      inputs.map((input) => (at += input.length) - input.length),
      inputs.map((input) => input.length),
      rows.map((row) => JSON.stringify(row.output)),
      rows.map((row) => row.latencyMs),
      rows.map((row) => row.createdAt),
    ],
    "insert-predictions",
  );
  const stored = new Set(inserted.map(({ key }) => key));
  // Of two with one id in one group, the first was stored.
  return rows.map(({ projectId, predictionId }) => stored.delete(`${projectId}/${predictionId}`));
}

/** As `request` inside the project. */
export async function findPrediction(
  tx: Queries,
  projectId: string,
  predictionId: string,
): Promise<LoggedPrediction | undefined> {
  const [row] = await tx.query<LoggedPrediction>(
    `select project_id as "projectId", prediction_id as "predictionId", model_id as "modelId", version,
       learned_through as "learnedThrough", pinned, subject_id as "subjectId", input, output,
       latency_ms as "latencyMs", created_at as "createdAt"
     from predictions where project_id = $1 and prediction_id = $2`,
    [projectId, predictionId],
    "find-prediction",
  );
  return row;
}
