import { FEEDBACK_EVENT, FeedbackItem, type TrackingMessage } from "@groundswell/contracts";

import { decisionsOf, withdrawalKey } from "./clean-feedback.ts";
import { correctClockSkew, unbelievable } from "./clock-skew.ts";
import { hearConsent } from "./consent-authority.ts";
import { consentTokenOf, type Decision, preferencesOf } from "./consent.ts";
import { type FeedbackSource, type FeedbackValue, feedbackValue } from "./feedback-value.ts";
import { messageKey } from "./message-key.ts";
import { type IdentityKind, pseudonym } from "./pseudonym.ts";
import type { Fault } from "./read-item.ts";

/** What one message of the tracking API comes to. */
export interface CleanEvent {
  /** What its id is remembered by; null where the sender gave it none. */
  messageKey: string | null;
  subjectId: string | null;
  type: TrackingMessage["type"];
  name: string | null;
  occurredAt: Date;
  properties: Record<string, unknown>;
  /** Said of the person by this message. */
  traits: Record<string, unknown>;
  decisions: Decision[];
  /** What a withdrawal among them is remembered by, also where the message's id was used before; null without one. */
  decisionKey: string | null;
  feedback: FeedbackValue | null;
}

export interface TrackingSource extends FeedbackSource {
  /** When the whole batch was sent, by the sender's clock. */
  sentAt: string | null;
}

/** @returns the fault where the message is well formed but can't be believed or understood */
export function cleanTracking(
  message: TrackingMessage,
  source: TrackingSource,
): { event: CleanEvent; fault?: never } | { fault: Fault; event?: never } {
  const sentAt = message.sentAt ?? source.sentAt;
  const { receivedAt } = source;
  const occurredAt = correctClockSkew({ ...message, sentAt, receivedAt });
  if (!occurredAt) return wrong("malformed", "/timestamp", "is no date: use ISO 8601");
  const doubt = unbelievable(occurredAt, receivedAt);
  if (doubt) return wrong(doubt, "/timestamp", `${occurredAt.toISOString()} can't be believed`);

  const subject = subjectOf(message);
  const subjectId = subject ? pseudonym(source.pseudonymKey, subject.kind, subject.value) : null;
  const heard = hearConsent(
    preferencesOf(message),
    subjectId ?? "",
    source,
    consentTokenOf(message),
  );
  const decisions = subjectId
    ? decisionsOf(subjectId, heard, datesOf(message, { sentAt, occurredAt, receivedAt }))
    : [];
  const feedback = feedbackOf(message, subject, occurredAt, source);
  if (feedback?.fault) return feedback;
  return {
    event: {
      messageKey: message.messageId === undefined ? null : messageKey(message.messageId),
      subjectId,
      type: message.type,
      name: (message.event ?? message.name ?? null)?.toWellFormed() ?? null,
      occurredAt,
      properties: (message.type === "identify" ? message.traits : message.properties) ?? {},
      traits: (message.type === "identify" ? message.traits : undefined) ?? {},
      decisions,
      decisionKey: withdrawalKey(decisions, [message.messageId ?? JSON.stringify(message)]),
      feedback: feedback?.value ? { ...feedback.value, itemConsent: heard.item } : null,
    },
  };
}

/** The sender's clock can be held against ours where it says when it sent. */
function datesOf(
  { timestamp, originalTimestamp }: TrackingMessage,
  { sentAt, occurredAt, receivedAt }: { sentAt: string | null; occurredAt: Date; receivedAt: Date },
) {
  const said = originalTimestamp ?? timestamp;
  const trusted = typeof said === "string" && typeof sentAt === "string";
  return {
    saidAt: typeof said === "string" ? new Date(said) : undefined,
    trustedAt: trusted ? occurredAt : undefined,
    receivedAt,
  };
}

interface Subject {
  kind: IdentityKind;
  value: string;
}

/** Whom a message is about: its user, else its device. */
export function subjectOf({ userId, anonymousId }: TrackingMessage): Subject | undefined {
  if (typeof userId === "string") return { kind: "user", value: userId };
  if (typeof anonymousId === "string") return { kind: "anonymous", value: anonymousId };
  return undefined;
}

/** Feedback in the words of the tracking API: properties of `Feedback Given`. */
function feedbackOf(
  message: TrackingMessage,
  subject: Subject | undefined,
  occurredAt: Date,
  source: FeedbackSource,
): { value: FeedbackValue; fault?: never } | { fault: Fault; value?: never } | undefined {
  if (message.type !== "track" || message.event !== FEEDBACK_EVENT) return undefined;
  const { feedback_id, prediction_id, model, name, metric, value, correction, comment } =
    message.properties ?? {};
  const parsed = FeedbackItem.safeParse({
    id: feedback_id ?? message.messageId,
    prediction_id,
    model: model ?? undefined,
    metric: metric ?? name ?? undefined,
    value,
    correction: correction ?? undefined,
    comment: comment ?? undefined,
  });
  if (parsed.success)
    return { value: feedbackValue({ ...parsed.data, subject, occurredAt }, source) };
  const [issue] = parsed.error.issues;
  const path = `/properties/${issue?.path.join("/") ?? ""}`;
  return wrong("malformed", path, issue?.message ?? "is no feedback");
}

function wrong(code: string, path: string, message: string): { fault: Fault } {
  return { fault: { code, detail: `${path}: ${message}`, issues: [{ path, message }] } };
}
