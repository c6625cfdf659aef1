import { unbelievable } from "./clock-skew.ts";
import type { FeedbackValue, Place } from "./feedback-value.ts";

// Three orders of values. Each depends on what was sent alone, never on when it is processed.

/** By where they came in: the order in which they were received. */
export function comparePlaces(a: Place, b: Place): number {
  return (
    a.receivedAt.getTime() - b.receivedAt.getTime() || a.inboxId - b.inboxId || a.item - b.item
  );
}

/**
 * Of one value that was told several times, which telling counts: the first; but a date that can't
 * be believed says nothing beside one that can.
 */
export function compareTellings(a: FeedbackValue, b: FeedbackValue): number {
  return Number(isBelievable(b)) - Number(isBelievable(a)) || comparePlaces(a, b);
}

/**
 * Which of two values counts more: what the project's own server says (a secret key), then what
 * happened later, then what was received later. A date that can't be believed must not beat every
 * later value: it only wins where nothing else is there.
 */
export function compareWeights(a: FeedbackValue, b: FeedbackValue): number {
  return (
    authorityOf(a) - authorityOf(b) ||
    Number(isBelievable(a)) - Number(isBelievable(b)) ||
    a.occurredAt.getTime() - b.occurredAt.getTime() ||
    comparePlaces(a, b)
  );
}

/** A client's key lies in every browser: it never outweighs the server's, in whatever order they come. */
export const authorityOf = ({ key }: Pick<FeedbackValue, "key">): number =>
  key.kind === "secret" ? 1 : 0;

export const isBelievable = (value: Pick<FeedbackValue, "occurredAt" | "receivedAt">): boolean =>
  unbelievable(value.occurredAt, value.receivedAt) === undefined;
