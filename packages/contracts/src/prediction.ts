import { z } from "zod";

import { SubjectRef, text, VersionNumber } from "./names.ts";

const MOST_CHARACTERS = 16 * 1024 * 1024;
const DATA_URL = /^data:[^,]{0,256},/i;
const LINE_BREAKS = /[\s]+/g;
const STRANGE = /[^A-Za-z0-9+/_=\s-]|=(?=[^=\s])/;

/** Bytes in JSON: `{"b64": "…"}`. With line breaks, in the letters of URLs, or as `data:…;base64,…` too. */
export const Base64 = z.strictObject({
  b64: z.preprocess((given, ctx) => {
    if (typeof given !== "string" || given.length > MOST_CHARACTERS) return given;
    const read = readBase64(given);
    if (read.fault !== undefined)
      ctx.issues.push({ code: "custom", input: given, message: read.fault });
    return read.letters ?? given;
  }, z.string().max(MOST_CHARACTERS)),
});

type Letters = { letters: string; fault?: never } | { fault: string; letters?: never };

/** The letters of base64 alone; or what is wrong with the text, with its place, counted from 1. */
function readBase64(given: string): Letters {
  const [prefix = ""] = DATA_URL.exec(given) ?? [];
  if (prefix !== "" && !/;base64,$/i.test(prefix))
    return { fault: "is a data: URL without `;base64`: encode its bytes as base64" };
  const body = given.slice(prefix.length);
  const strange = STRANGE.exec(body);
  if (strange) {
    const letter = String.fromCodePoint(body.codePointAt(strange.index) ?? 0);
    const place = prefix.length + strange.index + 1;
    return { fault: `is no base64: character ${place} is ${JSON.stringify(letter)}` };
  }
  const letters = body.replace(LINE_BREAKS, "");
  const bare = letters.replace(/=+$/, "").length;
  if (bare % 4 === 1) return { fault: `is no base64: it is cut short after ${bare} characters` };
  return { letters };
}

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
