import type { KeptOutReason } from "@groundswell/contracts";

import { unbelievable } from "./clock-skew.ts";
import type { FeedbackValue, Place } from "./feedback-value.ts";
import type { JoinedExample, Verdict } from "./join.ts";
import type { TallyName } from "./tally.ts";

/** One value of a feedback id as it is kept. */
export interface KeptValue extends FeedbackValue {
  /** Of the values of this id, the one that counts. */
  wins: boolean;
  state: "waiting" | "joined" | "kept_out";
  reason: KeptOutReason | null;
  modelId: string | null;
  ledgerSeq: number | null;
  scoredRight: boolean | null;
}

/** What has to be written so that a feedback id stands as its values say. */
export interface FeedbackPlan {
  /** Values that were not kept before; the one that wins first. */
  fresh: KeptValue[];
  changed: KeptValue[];
  /** Examples that no longer count. */
  superseded: { modelId: string; seq: number }[];
  /** To be written for the value that wins. */
  example: JoinedExample | null;
  counts: { what: TallyName; modelId: string | null }[];
}

/**
 * Puts values that came in beside those that are kept of one feedback id.
 *
 * The value that wins has the greatest (occurred at, first received at, inbox id, item) of those
 * that speak of the id's prediction, which is that of the value received first. So the outcome
 * depends on what was sent, not on the order or the number of times in which it is processed.
 *
 * @param judge called for a value that wins and is not decided about, and for the first one, to score it
 */
export function planFeedback(
  kept: readonly KeptValue[],
  incoming: readonly FeedbackValue[],
  judge: (value: FeedbackValue) => Verdict,
): FeedbackPlan {
  const before = new Map(kept.map((value) => [value.hash, value]));
  const { values, moved, duplicates } = merge(kept, incoming);
  const first = values.reduce((a, b) => (comparePlaces(a, b) <= 0 ? a : b));
  const winner = values.reduce((a, b) => (compareRank(a, b, first) >= 0 ? a : b));

  const verdict = isDecided(winner) ? undefined : judge(winner);
  const after = values.map((value) => settle(value, value === winner, first, verdict));
  const firstMayBeAnother = moved.size > 0 || !before.has(first.hash);
  if (verdict || firstMayBeAnother) score(after, first, winner, verdict, judge);

  const joinedAs =
    verdict?.state === "joined" && verdict.example.split === "exam" ? "held_out" : "example";
  const modelId = modelOf(verdict) ?? after.find((value) => value.modelId)?.modelId ?? null;
  const counts = after.flatMap((value) =>
    countsOf(value, before.get(value.hash), joinedAs).map((what) => ({
      what,
      modelId: value.modelId ?? modelId,
    })),
  );
  return {
    fresh: after
      .filter((value) => !before.has(value.hash))
      .toSorted((a, b) => Number(b.wins) - Number(a.wins)),
    changed: after.filter((value) => {
      const old = before.get(value.hash);
      return old && (moved.has(value.hash) || differs(old, value));
    }),
    superseded: after.flatMap((value) => {
      const old = before.get(value.hash);
      if (old?.state !== "joined" || value.state === "joined") return [];
      return old.modelId && old.ledgerSeq ? [{ modelId: old.modelId, seq: old.ledgerSeq }] : [];
    }),
    example: verdict?.state === "joined" ? verdict.example : null,
    counts: [
      ...counts,
      ...Array.from({ length: duplicates }, () => ({ what: "duplicate" as const, modelId })),
    ],
  };
}

function merge(kept: readonly KeptValue[], incoming: readonly FeedbackValue[]) {
  const values = new Map(kept.map((value) => [value.hash, value]));
  const moved = new Set<string>();
  let duplicates = 0;
  for (const value of incoming) {
    const same = values.get(value.hash);
    if (!same) {
      values.set(value.hash, undecided(value));
      continue;
    }
    duplicates += 1;
    if (compareTold(value, same) >= 0) continue;
    // The retry was processed first: what counts is how it was told first.
    const { occurredAt, receivedAt, inboxId, item, itemConsent } = value;
    values.set(value.hash, { ...same, occurredAt, receivedAt, inboxId, item, itemConsent });
    moved.add(value.hash);
  }
  return { values: [...values.values()], moved, duplicates };
}

const undecided = (value: FeedbackValue): KeptValue => ({
  ...value,
  wins: false,
  state: "waiting",
  reason: null,
  modelId: null,
  ledgerSeq: null,
  scoredRight: null,
});

function comparePlaces(a: Place, b: Place): number {
  return (
    a.receivedAt.getTime() - b.receivedAt.getTime() || a.inboxId - b.inboxId || a.item - b.item
  );
}

/** Of a value that was told several times: a date that can't be believed says nothing beside one that can. */
function compareTold(a: FeedbackValue, b: FeedbackValue): number {
  return Number(isBelievable(b)) - Number(isBelievable(a)) || comparePlaces(a, b);
}

/** A date that can't be believed must not beat every later value: it only wins where nothing else is there. */
function compareRank(a: FeedbackValue, b: FeedbackValue, first: FeedbackValue): number {
  return (
    Number(a.predictionId === first.predictionId) - Number(b.predictionId === first.predictionId) ||
    Number(isBelievable(a)) - Number(isBelievable(b)) ||
    a.occurredAt.getTime() - b.occurredAt.getTime() ||
    comparePlaces(a, b)
  );
}

const isBelievable = (value: FeedbackValue) =>
  unbelievable(value.occurredAt, value.receivedAt) === undefined;

/** What lost to another value, or was told with a better date since, is judged anew when it wins after all. */
function isDecided(value: KeptValue): boolean {
  if (value.state !== "kept_out") return value.state === "joined";
  const { reason } = value;
  if (reason === "too_old" || reason === "from_the_future") return !isBelievable(value);
  return reason !== "superseded" && reason !== "prediction_changed";
}

function settle(
  value: KeptValue,
  wins: boolean,
  first: FeedbackValue,
  verdict: Verdict | undefined,
): KeptValue {
  if (!wins) {
    if (value.state === "kept_out") return { ...value, wins };
    const changed = value.predictionId !== first.predictionId;
    const reason =
      unbelievable(value.occurredAt, value.receivedAt) ??
      (changed ? ("prediction_changed" as const) : ("superseded" as const));
    return { ...value, wins, state: "kept_out", reason };
  }
  if (!verdict) return { ...value, wins };
  if (verdict.state === "waiting") return { ...value, wins, state: "waiting", reason: null };
  if (verdict.state === "joined") {
    const { modelId, subjectId } = verdict.example;
    return { ...value, wins, state: "joined", reason: null, modelId, subjectId, ledgerSeq: null };
  }
  const { reason, modelId, subjectId } = verdict;
  return { ...value, wins, state: "kept_out", reason, modelId, subjectId };
}

/** Progressive accuracy asks whether the prediction was right in the light of the first value, once. */
function score(
  after: KeptValue[],
  first: KeptValue,
  winner: KeptValue,
  verdict: Verdict | undefined,
  judge: (value: FeedbackValue) => Verdict,
): void {
  if (verdict?.state === "waiting" || first.scoredRight !== null) return;
  const about = first === winner && verdict ? verdict : judge(first);
  const right = about.state === "waiting" ? null : about.right;
  for (const value of after) {
    value.scoredRight = value.hash === first.hash ? right : null;
    if (value.hash === first.hash && right !== null) value.modelId ??= modelOf(about);
  }
}

function modelOf(verdict: Verdict | undefined): string | null {
  if (verdict?.state === "joined") return verdict.example.modelId;
  return verdict?.state === "kept_out" ? verdict.modelId : null;
}

function countsOf(
  value: KeptValue,
  old: KeptValue | undefined,
  joinedAs: "example" | "held_out",
): TallyName[] {
  const was = old?.state ?? "waiting";
  if (value.state === was && (old?.reason ?? null) === value.reason) return [];
  const judged: TallyName[] = was === "waiting" ? ["feedback"] : [];
  if (value.state === "joined") return [...judged, joinedAs];
  return value.reason ? [...judged, value.reason] : judged;
}

const DECIDED = ["wins", "state", "reason", "modelId", "subjectId", "scoredRight"] as const;

function differs(old: KeptValue, now: KeptValue): boolean {
  return DECIDED.some((field) => old[field] !== now[field]);
}
