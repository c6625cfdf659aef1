import { createHash } from "node:crypto";

import type { FeedbackValue } from "@groundswell/contracts";

import { uuidOfDigest } from "./digest-uuid.ts";

/** What a message id is remembered by, of whatever length it is. */
export function messageKey(messageId: string): string {
  return uuidOfDigest(createHash("sha256").update(messageId).digest());
}

/** What makes two feedback values the same: sent again, it is a retry, whatever else differs. */
export interface SameValue {
  predictionId: string;
  metric: string;
  value: FeedbackValue | null;
  correction?: string | undefined;
}

export function valueHash({ predictionId, metric, value, correction }: SameValue): string {
  const canonical = JSON.stringify([predictionId.toLowerCase(), metric, value, correction ?? null]);
  return uuidOfDigest(createHash("sha256").update(canonical).digest());
}
