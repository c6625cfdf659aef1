import { z } from "zod";

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

/** How an app calls the person: its own user id, never an e-mail address or a name if it can help it. */
export const SubjectRef = text(256).min(1);

/** A model's name in URLs: `digits`, `support-intents`. */
export const ModelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "use lower-case letters, digits and dashes, at most 63");

/** A version's number: counts up from 1 in its model, as a 32-bit integer. */
export const VersionNumber = z.int().min(1).max(0x7fff_ffff);

/** An instant. Offsets are allowed, a missing one is not. */
export const Instant = z.iso.datetime({ offset: true });

export const Purpose = z.enum(["model_training", "analytics", "personalisation"]);
export type Purpose = z.infer<typeof Purpose>;
