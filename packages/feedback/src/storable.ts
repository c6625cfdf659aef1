import { isExactNumber, isStorable, MOST_PLACES } from "@groundswell/contracts";

/** Deeper JSON than this is no event of an app; PostgreSQL and JSON.stringify recurse into it. */
const DEEPEST = 32;

export type Unstorable = "nul" | "too_deep" | "too_long";

export const WHY_UNSTORABLE: Readonly<Record<Unstorable, string>> = {
  nul: "text may not contain a NUL byte: remove it",
  too_deep: `objects and lists may be nested ${DEEPEST} deep at most`,
  too_long: `a number may have ${MOST_PLACES} digits before its point and after it: send a longer one as text`,
};

/**
 * Why a parsed JSON value can't be stored as jsonb, or undefined. Safe on any depth, because it
 * goes no deeper than what it allows.
 */
export function whyUnstorable(value: unknown, depth = 0): Unstorable | undefined {
  if (typeof value === "string") return value.includes("\0") ? "nul" : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  if (isExactNumber(value)) return isStorable(value) ? undefined : "too_long";
  if (depth === DEEPEST) return "too_deep";
  for (const key in value) {
    if (key.includes("\0")) return "nul";
    const found = whyUnstorable((value as Record<string, unknown>)[key], depth + 1);
    if (found) return found;
  }
  return undefined;
}

const LONE_SURROGATE = /\\ud[89a-f]/i;

/**
 * JSON text that PostgreSQL takes as jsonb. Halves of surrogate pairs, which JSON can escape and
 * UTF-8 can't hold, become U+FFFD.
 */
export function toJsonb(value: unknown): string {
  const text = JSON.stringify(value);
  // A whole pair is written as itself: an escaped surrogate in the text is a lone one.
  return LONE_SURROGATE.test(text) ? JSON.stringify(wellFormed(value)) : text;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null || isExactNumber(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, inner]) => [key.toWellFormed(), wellFormed(inner)]));
}

/** Whether all text in a parsed JSON value, keys too, is whole; what is not is kept with U+FFFD in place of each half. */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isWellFormed(inner));
}
