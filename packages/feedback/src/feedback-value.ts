import type { FeedbackItem, FeedbackValue as PostedValue } from "@groundswell/contracts";

import { unbelievable } from "./clock-skew.ts";
import type { Speaker } from "./consent-authority.ts";
import { valueHash } from "./message-key.ts";
import { type IdentityKind, pseudonym } from "./pseudonym.ts";

/** Where something came in: the last word on order, and the same on every retry of the processing. */
export interface Place {
  receivedAt: Date;
  inboxId: number;
  /** Index within the inbox row. */
  item: number;
}

/** A feedback as it came in, understood. */
export interface FeedbackValue extends Place {
  projectId: string;
  feedbackId: string;
  /** The same again is a retry. */
  hash: string;
  predictionId: string;
  metric: string;
  /** Null where only a correction was sent. */
  value: PostedValue | null;
  correction: string | null;
  comment: string | null;
  /** Pseudonym; null where the sender named nobody: then it is the prediction's. */
  subjectId: string | null;
  modelName: string | null;
  occurredAt: Date;
  /** Whose word it is. */
  key: Speaker["key"];
  /** What was said of this item alone (`Heard.item`): it decides where the person never spoke. */
  itemConsent: boolean | null;
}

export interface FeedbackSource extends Place, Speaker {
  projectId: string;
}

export interface Said extends Pick<
  FeedbackItem,
  "id" | "prediction_id" | "model" | "metric" | "value" | "correction" | "comment"
> {
  subject: { kind: IdentityKind; value: string } | undefined;
  /** Default: when it was received. */
  occurredAt: Date | undefined;
}

export function feedbackValue(said: Said, source: FeedbackSource): FeedbackValue {
  const { projectId, receivedAt, inboxId, item } = source;
  const occurredAt = happenedAt(said.occurredAt ?? receivedAt, receivedAt);
  const value = typeof said.value === "string" ? said.value.toWellFormed() : (said.value ?? null);
  // PostgreSQL would store other text than was hashed and compared: half a surrogate pair is no UTF-8.
  const metric = said.metric.toWellFormed();
  const correction = said.correction?.toWellFormed();
  const predictionId = said.prediction_id.toLowerCase();
  return {
    projectId,
    feedbackId: said.id,
    hash: valueHash({ predictionId, metric, value, correction }),
    predictionId,
    metric,
    value,
    correction: correction ?? null,
    comment: said.comment?.toWellFormed() ?? null,
    subjectId: said.subject
      ? pseudonym(source.pseudonymKey, said.subject.kind, said.subject.value)
      : null,
    modelName: said.model ?? null,
    occurredAt,
    receivedAt,
    inboxId,
    item,
    key: source.key,
    itemConsent: source.gpc ? false : null,
  };
}

/** A clock that is a little ahead counts as now: it must not outweigh what is said later. */
function happenedAt(said: Date, receivedAt: Date): Date {
  return said > receivedAt && !unbelievable(said, receivedAt) ? receivedAt : said;
}
