import type { TrackingMessage } from "@groundswell/contracts";

import { decisionsOf, withdrawalKey } from "./clean-feedback.ts";
import { instantOf } from "./clock-skew.ts";
import { hearConsent } from "./consent-authority.ts";
import { consentTokenOf, type Decision, preferencesOf } from "./consent.ts";
import { type FeedbackSource, type FeedbackValue, feedbackValue } from "./feedback-value.ts";
import { messageKey } from "./message-key.ts";
import { type IdentityKind, pseudonym } from "./pseudonym.ts";
import type { TrackedMessage } from "./read-tracking.ts";

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

/** What a message that was understood comes to. */
export function cleanTracking(
  { message, sentAt, occurredAt, feedback }: TrackedMessage,
  source: FeedbackSource,
): CleanEvent {
  const { receivedAt } = source;
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
  return {
    messageKey: message.messageId === undefined ? null : messageKey(message.messageId),
    subjectId,
    type: message.type,
    name: (message.event ?? message.name ?? null)?.toWellFormed() ?? null,
    occurredAt,
    properties: (message.type === "identify" ? message.traits : message.properties) ?? {},
    traits: (message.type === "identify" ? message.traits : undefined) ?? {},
    decisions,
    decisionKey: withdrawalKey(decisions, [message.messageId ?? JSON.stringify(message)]),
    feedback: feedback
      ? {
          ...feedbackValue({ ...feedback, subject, occurredAt }, source),
          itemConsent: heard.item,
        }
      : null,
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
    saidAt: typeof said === "string" ? new Date(instantOf(said)) : undefined,
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
