import { z } from "zod";

import { defineJob } from "../define-job.ts";

/** One commit group of the accept path: never one job for each event, which would cost more than the event. */
export const cleanInbox = defineJob({
  name: "clean-inbox",
  payload: z.object({
    inboxIds: z.array(z.int().positive()).min(1),
    /** In all of these rows: workers merge jobs by it. */
    items: z.int().positive(),
  }),
  attempts: 3,
  backoffMs: 1_000,
  timeoutMs: 60_000,
});
