import { z } from "zod";

import { defineJob } from "../define-job.ts";

/** Wakes a trainer. The run, its lease and its attempts are in PostgreSQL. */
export const trainModel = defineJob({
  name: "train-model",
  payload: z.object({ projectId: z.uuid(), runId: z.uuid() }),
  attempts: 3,
  backoffMs: 2_000,
  timeoutMs: 6 * 60 * 60 * 1_000,
});
