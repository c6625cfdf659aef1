import type { FeedbackItem } from "@groundswell/contracts";

import type { Decision } from "./consent.ts";
import { type FeedbackSource, type FeedbackValue, feedbackValue } from "./feedback-value.ts";

/** What one posted item of feedback comes to. */
export interface CleanFeedback {
  value: FeedbackValue;
  decisions: Decision[];
}

export function cleanFeedback(posted: FeedbackItem, source: FeedbackSource): CleanFeedback {
  const occurredAt = posted.occurred_at === undefined ? undefined : new Date(posted.occurred_at);
  const subject =
    posted.subject === undefined ? undefined : { kind: "user" as const, value: posted.subject };
  const value = feedbackValue({ ...posted, subject, occurredAt }, source);
  const granted = posted.consent?.model_training;
  if (granted === undefined || value.subjectId === null) return { value, decisions: [] };
  return { value, decisions: decisionsOf(value.subjectId, { model_training: granted }, value) };
}

interface When {
  occurredAt: Date;
  receivedAt: Date;
}

/** Decided when it happened, and never later than we heard of it. */
export function decisionsOf(
  subjectId: string,
  preferences: Partial<Record<Decision["purpose"], boolean>>,
  { occurredAt, receivedAt }: When,
): Decision[] {
  const decidedAt = occurredAt < receivedAt ? occurredAt : receivedAt;
  return Object.entries(preferences).map(([purpose, granted]) => ({
    subjectId,
    purpose: purpose as Decision["purpose"],
    granted,
    decidedAt,
  }));
}
