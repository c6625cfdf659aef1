import { z } from "zod";

import { Instant, Purpose, text } from "./names.ts";

/** A decision of one person. Records are append-only; fields follow ISO/IEC TS 27560. */
export const ConsentPost = z.strictObject({
  purposes: z.partialRecord(Purpose, z.boolean()).refine((p) => Object.keys(p).length > 0, {
    error: 'name at least one purpose, e.g. {"model_training": true}',
  }),
  /** When the person decided; default: now. */
  occurred_at: Instant.optional(),
  method: text(128).optional(),
  notice: z
    .strictObject({
      id: text(256),
      version: text(64).optional(),
      language: text(35).optional(),
    })
    .optional(),
  jurisdiction: text(64).optional(),
});
export type ConsentPost = z.infer<typeof ConsentPost>;

export const ConsentState = z.object({
  /** In force after this post. Missing means no. */
  purposes: z.partialRecord(Purpose, z.boolean()),
  record_id: z.string(),
});
export type ConsentState = z.infer<typeof ConsentState>;
