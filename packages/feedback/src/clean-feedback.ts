import type { FeedbackItem } from "@groundswell/contracts";

import { type Heard, hearConsent } from "./consent-authority.ts";
import { type Decision, UNDATED } from "./consent.ts";
import { type FeedbackSource, type FeedbackValue, feedbackValue } from "./feedback-value.ts";
import { messageKey } from "./message-key.ts";

/** What one posted item of feedback comes to. */
export interface CleanFeedback {
  value: FeedbackValue;
  decisions: Decision[];
  /** What a withdrawal among them is remembered by; null without one. */
  decisionKey: string | null;
}

export function cleanFeedback(posted: FeedbackItem, source: FeedbackSource): CleanFeedback {
  const occurredAt = posted.occurred_at === undefined ? undefined : new Date(posted.occurred_at);
  const subject =
    posted.subject === undefined ? undefined : { kind: "user" as const, value: posted.subject };
  const value = feedbackValue({ ...posted, subject, occurredAt }, source);
  const { subjectId } = value;
  const { model_training, token } = posted.consent ?? {};
  if (model_training === undefined || subjectId === null)
    return { value, decisions: [], decisionKey: null };
  const heard = hearConsent({ model_training }, subjectId, source, token);
  const decisions = decisionsOf(subjectId, heard, {
    saidAt: occurredAt,
    // The clock of whoever sent it may be slow: a no is told now.
    trustedAt: undefined,
    receivedAt: source.receivedAt,
  });
  const { feedbackId, hash } = value;
  return {
    value: { ...value, itemConsent: heard.item },
    decisions,
    decisionKey: withdrawalKey(decisions, [feedbackId, hash]),
  };
}

interface When {
  /** By the sender's clock. */
  saidAt: Date | undefined;
  /** By ours, where the sender's clock could be held against it. */
  trustedAt: Date | undefined;
  receivedAt: Date;
}

/**
 * Dates what was heard so that sending it again moves nothing: a yes by the earliest of the
 * clocks that know, or by none; a no by a clock that can be trusted, or when it came.
 */
export function decisionsOf(
  subjectId: string,
  { stored, signedAt }: Heard,
  when: When,
): Decision[] {
  const { saidAt, trustedAt, receivedAt } = when;
  const yesAt = signedAt ?? (saidAt ? earliest(saidAt, trustedAt ?? saidAt, receivedAt) : UNDATED);
  const noAt = earliest(trustedAt ?? receivedAt, receivedAt);
  return Object.entries(stored).map(([purpose, granted]) => ({
    subjectId,
    purpose: purpose as Decision["purpose"],
    granted,
    decidedAt: granted ? yesAt : noAt,
  }));
}

const earliest = (...dates: Date[]) => new Date(Math.min(...dates.map((date) => date.getTime())));

/** A no counts from when it first came: the item that it came with, and what it says, are remembered. */
export function withdrawalKey(
  decisions: readonly Decision[],
  of: readonly (string | null)[],
): string | null {
  const noes = decisions.filter((one) => !one.granted);
  if (noes.length === 0) return null;
  const said = noes.map(({ subjectId, purpose }) => [subjectId, purpose]);
  return messageKey(JSON.stringify(["withdrawal", said, ...of]));
}
