import { z } from "zod";

import { wholeDigits } from "./exact-json.ts";

const NUL = "\u0000";
const withoutNul = (text: string) => !text.includes(NUL);
const nulMessage = "may not contain a NUL byte: remove it";

/** Text that PostgreSQL can store: any script, no NUL byte. */
export const text = (most: number) =>
  z.string().max(most).refine(withoutNul, { error: nulMessage });

/** Whether any string inside `value` (keys too) has a NUL byte, which jsonb refuses. */
export function hasNul(value: unknown): boolean {
  if (typeof value === "string") return !withoutNul(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => !withoutNul(key) || hasNul(inner));
}

/**
 * What something is called by its sender. Many apps have numbers for ids: a whole one counts as its
 * digits. Half a surrogate pair can't be stored, and ids that differ in one alone would be the same.
 */
export const idText = (most: number) =>
  z.preprocess(
    (given) => wholeDigits(given, most) ?? given,
    z
      .string({ error: "must be text, or a whole number" })
      .min(1)
      .max(most)
      .refine(withoutNul, { error: nulMessage })
      .refine((id) => id.isWellFormed(), {
        error: "may not contain half of a surrogate pair: it is no Unicode text",
      }),
  );

/** How an app calls the person: its own user id, never an e-mail address or a name if it can help it. */
export const SubjectRef = idText(256);

/** A model's name in URLs: `digits`, `support-intents`. */
export const ModelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "use lower-case letters, digits and dashes, at most 63");

/** A version's number: counts up from 1 in its model, as a 32-bit integer. */
export const VersionNumber = z.int().min(1).max(0x7fff_ffff);

const LEAP_SECOND = /^(.*\d{2}:\d{2}:)60(?:[.,]\d+)?(Z|[+-]\d{2}:?\d{2})?$/i;

/** A text about an instant, where it names a leap second as the second that follows it; no clock of a computer has one. */
export function withoutLeapSecond(said: string): string {
  const [, before, offset = ""] = LEAP_SECOND.exec(said) ?? [];
  const lastSecond = before === undefined ? Number.NaN : Date.parse(`${before}59${offset}`);
  return Number.isNaN(lastSecond) ? said : new Date(lastSecond + 1_000).toISOString();
}

/** An instant. Offsets are allowed, a missing one is not. */
export const Instant = z.preprocess(
  (given) => (typeof given === "string" ? withoutLeapSecond(given) : given),
  z.iso.datetime({
    offset: true,
    error: 'must be an instant with its offset, such as "2026-05-04T03:02:01Z"',
  }),
);

export const Purpose = z.enum(["model_training", "analytics", "personalisation"]);
export type Purpose = z.infer<typeof Purpose>;
