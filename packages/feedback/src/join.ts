import type { FeedbackValue as PostedValue, KeptOutReason } from "@groundswell/contracts";

import { unbelievable } from "./clock-skew.ts";
import type { FeedbackValue } from "./feedback-value.ts";
import type { Split } from "./split.ts";

/** What is known of the prediction that a feedback speaks of. */
export interface PredictionFacts {
  modelId: string;
  modelName: string;
  classes: readonly string[];
  splitSalt: Buffer;
  examShare: number;
  validationShare: number;
  /** An answer of a version that was asked for: not the champion's word. */
  pinned: boolean;
  /** Metrics that the model declares as teaching. */
  teachingMetrics: readonly string[];
  subjectId: string | null;
  label: string;
}

/** How a feedback becomes something to learn: the recipe's business (`@groundswell/training/examples`). */
export interface Teaching {
  exampleOf: (
    prediction: { label: string },
    feedback: TaughtBy,
    classes: readonly string[],
  ) =>
    | { target: string; weight: number }
    | { reason: "no_target" | "unknown_class" | "contradiction" };
  /** Whether the logged prediction was right; null where the feedback does not say. */
  wasRight: (prediction: { label: string }, feedback: TaughtBy) => boolean | null;
}

interface TaughtBy {
  metric: string;
  value: PostedValue | null;
  correction: string | null;
}

export interface JoinedExample {
  modelId: string;
  subjectId: string;
  split: Split;
  target: string;
  weight: number;
  /** It rests on the word of its sender alone: the person themselves never said anything. */
  asserted: boolean;
}

export type Verdict =
  | { state: "waiting" }
  /** It would teach, and nobody knows yet whether it may: its person has to be placed first. */
  | { state: "unplaced"; modelId: string; subjectId: string }
  | {
      state: "kept_out";
      reason: KeptOutReason;
      modelId: string | null;
      subjectId: string | null;
      right: boolean | null;
    }
  | { state: "joined"; example: JoinedExample; right: boolean | null };

export interface JoinFacts {
  /** Undefined where it is not stored (yet). */
  prediction: PredictionFacts | undefined;
  /** The person's word on training; undefined where they never said one. */
  mayTrain: (subjectId: string) => boolean | undefined;
  /** The part of the model's data that the person belongs to; undefined where they are not placed yet. */
  splitOf: (modelId: string, subjectId: string) => Split | undefined;
  teaching: Teaching;
}

/** Whether a feedback teaches, whom it is from, and what it teaches; or why not. */
export function judgeFeedback(value: FeedbackValue, facts: JoinFacts): Verdict {
  const { prediction, teaching } = facts;
  const subjectId = value.subjectId ?? prediction?.subjectId ?? null;
  const modelId = prediction?.modelId ?? null;
  const keptOut = (reason: KeptOutReason, right: boolean | null = null): Verdict => ({
    state: "kept_out",
    reason,
    modelId,
    subjectId,
    right,
  });

  const doubt = unbelievable(value.occurredAt, value.receivedAt);
  if (doubt) return keptOut(doubt);
  if (!prediction) return { state: "waiting" };
  if (prediction.pinned || (value.modelName ?? prediction.modelName) !== prediction.modelName)
    return keptOut("wrong_model");
  if (subjectId === null) return keptOut("no_subject");
  if (subjectId !== (prediction.subjectId ?? subjectId)) return keptOut("wrong_subject");
  const mayTrain = consentOf(subjectId, value, facts);
  const refusal = whyNotAgreed(mayTrain, value.itemConsent);
  if (refusal) return keptOut(refusal);

  if (!prediction.teachingMetrics.includes(value.metric)) return keptOut("not_teaching");

  const right = teaching.wasRight(prediction, value);
  const example = teaching.exampleOf(prediction, value, prediction.classes);
  if ("reason" in example) return keptOut(example.reason, right);
  const split = facts.splitOf(prediction.modelId, subjectId);
  if (split === undefined) return { state: "unplaced", modelId: prediction.modelId, subjectId };
  return {
    state: "joined",
    example: {
      modelId: prediction.modelId,
      subjectId,
      split,
      ...example,
      asserted: mayTrain === undefined,
    },
    right,
  };
}

/**
 * What the person said. A client's key may name anybody: where the prediction is nobody's, the name
 * that it gives brings no yes along, and a no all the same.
 */
function consentOf(
  subjectId: string,
  { key }: FeedbackValue,
  { prediction, mayTrain }: JoinFacts,
): boolean | undefined {
  const said = mayTrain(subjectId);
  const isBorrowed = key.kind !== "secret" && !prediction?.subjectId;
  return isBorrowed && said ? undefined : said;
}

/** Missing means no; a yes of the item's sender fills in for a missing one, and never for a no. */
function whyNotAgreed(
  mayTrain: boolean | undefined,
  ofItem: boolean | null,
): KeptOutReason | undefined {
  if (mayTrain === false) return "consent_withdrawn";
  if (ofItem === false) return "no_consent";
  return mayTrain || ofItem ? undefined : "no_consent";
}
