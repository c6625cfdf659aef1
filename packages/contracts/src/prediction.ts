import { z } from "zod";

import { SubjectRef, text, VersionNumber } from "./names.ts";

/** Bytes in JSON: `{"b64": "…"}`. */
export const Base64 = z.strictObject({ b64: z.base64().max(16 * 1024 * 1024) });

export const PredictionRequest = z.strictObject({
  /** Chosen by the client, where it wants a retry to be the same prediction. */
  id: z.uuidv7().optional(),
  subject: SubjectRef.optional(),
  /** What the recipe asks for: `{image: {b64}}` or `{text}`. */
  inputs: z.record(text(64), z.unknown()),
  /** A version's number, to ask that one, frozen, instead of the learning champion. */
  version: VersionNumber.optional(),
});
export type PredictionRequest = z.infer<typeof PredictionRequest>;

export const PredictionAnswer = z.object({
  prediction_id: z.string(),
  model: z.string(),
  model_version: z.int(),
  /** Steps of online learning that this answer knows of. */
  learned_through: z.int(),
  output: z.object({
    label: z.string(),
    /** Probability that the model gives its label. */
    probability: z.number(),
    /** The likeliest classes, at most ten, best first. */
    classes: z.array(z.object({ label: z.string(), probability: z.number() })),
  }),
});
export type PredictionAnswer = z.infer<typeof PredictionAnswer>;
