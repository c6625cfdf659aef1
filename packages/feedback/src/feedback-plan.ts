import type { KeptOutReason } from "@groundswell/contracts";

import { unbelievable } from "./clock-skew.ts";
import {
  authorityOf,
  comparePlaces,
  compareTellings,
  compareWeights,
  isBelievable,
} from "./feedback-rank.ts";
import type { FeedbackValue } from "./feedback-value.ts";
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

/** A verdict about somebody who is placed. */
export type Settling = Exclude<Verdict, { state: "unplaced" }>;

/** What has to be written so that a feedback id stands as its values say. */
export interface FeedbackPlan {
  /** The value that counts, as it stands then. */
  winner: KeptValue;
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
 * An id belongs to the kind of key that has the most to say of those that used it. The value that
 * wins is the weightiest (`compareWeights`) of those that speak of the id's prediction, which is
 * that of its owner's value received first. So the outcome depends on what was sent, not on the
 * order or the number of times in which it is processed.
 *
 * @param judge called for a value that wins and is not decided about, and for the first one, to score it
 */
export function planFeedback(
  kept: readonly KeptValue[],
  incoming: readonly FeedbackValue[],
  judge: (value: FeedbackValue) => Settling,
): FeedbackPlan {
  const before = new Map(kept.map((value) => [value.hash, value]));
  const { values, retold, duplicates } = merge(kept, incoming);
  const first = firstOf(values);
  const winner = winnerOf(values, first);

  const verdict = isDecided(winner) ? undefined : judge(winner);
  const settled = values.map((value) => settle(value, value === winner, first, verdict));
  const firstMayBeAnother = retold.size > 0 || !before.has(first.hash);
  const isScored = verdict !== undefined || firstMayBeAnother;
  const about = first === winner ? verdict : undefined;
  const after = isScored ? score(settled, first, about, judge, verdict) : settled;
  return describe(before, after, { verdict, retold, duplicates });
}

/** The value received first, of those whose key has the most to say: it says what the id is about. */
function firstOf(values: readonly KeptValue[]): KeptValue {
  return values.reduce((a, b) => {
    const more = authorityOf(a) - authorityOf(b) || comparePlaces(b, a);
    return more >= 0 ? a : b;
  });
}

function winnerOf(values: readonly KeptValue[], first: KeptValue): KeptValue {
  const isAbout = ({ predictionId }: KeptValue) => Number(predictionId === first.predictionId);
  return values.reduce((a, b) => {
    const more = authorityOf(a) - authorityOf(b) || isAbout(a) - isAbout(b) || compareWeights(a, b);
    return more >= 0 ? a : b;
  });
}

function merge(kept: readonly KeptValue[], incoming: readonly FeedbackValue[]) {
  const values = new Map(kept.map((value) => [value.hash, value]));
  const retold = new Set<string>();
  let duplicates = 0;
  for (const value of incoming) {
    const same = values.get(value.hash);
    if (!same) {
      values.set(value.hash, undecided(value));
      continue;
    }
    duplicates += 1;
    const told = retell(same, value);
    if (told === same) continue;
    values.set(value.hash, told);
    retold.add(value.hash);
  }
  return { values: [...values.values()], retold, duplicates };
}

/** A value that came again: what counts is how its weightiest sender told it first. */
function retell(same: KeptValue, again: FeedbackValue): KeptValue {
  const more = authorityOf(again) - authorityOf(same);
  // Whatever a client's key had made of it: the owner says it anew.
  if (more > 0 && (same.state !== "joined" || !isBelievable(again)))
    return { ...undecided(again), wins: same.wins };
  if (more < 0 || (more === 0 && compareTellings(again, same) >= 0)) return same;
  const { occurredAt, receivedAt, inboxId, item, itemConsent, key } = again;
  return { ...same, occurredAt, receivedAt, inboxId, item, itemConsent, key };
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

/** What lost to another value, or was told with a better date since, is judged anew when it wins after all. */
function isDecided(value: KeptValue): boolean {
  if (value.state !== "kept_out") return value.state === "joined";
  const { reason } = value;
  if (reason === "too_old" || reason === "from_the_future") return !isBelievable(value);
  return reason !== "superseded" && reason !== "prediction_changed" && reason !== "not_your_id";
}

function settle(
  value: KeptValue,
  wins: boolean,
  first: FeedbackValue,
  verdict: Settling | undefined,
): KeptValue {
  if (!wins) {
    if (value.state === "kept_out") return { ...value, wins };
    return { ...value, wins, state: "kept_out", reason: whyNot(value, first) };
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

function whyNot(value: FeedbackValue, first: FeedbackValue): KeptOutReason {
  const doubt = unbelievable(value.occurredAt, value.receivedAt);
  if (doubt) return doubt;
  if (authorityOf(value) < authorityOf(first)) return "not_your_id";
  return value.predictionId === first.predictionId ? "superseded" : "prediction_changed";
}

/** Progressive accuracy asks whether the prediction was right in the light of the first value, once. */
function score(
  values: readonly KeptValue[],
  first: KeptValue,
  about: Settling | undefined,
  judge: (value: FeedbackValue) => Settling,
  verdict: Settling | undefined,
): KeptValue[] {
  if (verdict?.state === "waiting" || first.scoredRight !== null) return [...values];
  const judged = about ?? judge(first);
  const right = judged.state === "waiting" ? null : judged.right;
  return values.map((value) => {
    if (value.hash !== first.hash) return { ...value, scoredRight: null };
    const modelId = value.modelId ?? (right === null ? null : modelOf(judged));
    return { ...value, scoredRight: right, modelId };
  });
}

interface Happened {
  verdict: Settling | undefined;
  retold: ReadonlySet<string>;
  duplicates: number;
}

/** What is to be written: the difference between how the values stood and how they stand. */
function describe(
  before: ReadonlyMap<string, KeptValue>,
  after: readonly KeptValue[],
  { verdict, retold, duplicates }: Happened,
): FeedbackPlan {
  const winner = after.find((value) => value.wins);
  if (!winner) throw new Error("One value of an id wins");
  const example = verdict?.state === "joined" ? verdict.example : null;
  const joinedAs = example?.split === "exam" ? "held_out" : "example";
  const modelId = modelOf(verdict) ?? after.find((value) => value.modelId)?.modelId ?? null;
  const counts = after.flatMap((value) =>
    countsOf(value, before.get(value.hash), joinedAs).map((what) => ({
      what,
      modelId: value.modelId ?? modelId,
    })),
  );
  return {
    winner,
    fresh: after
      .filter((value) => !before.has(value.hash))
      .toSorted((a, b) => Number(b.wins) - Number(a.wins)),
    changed: after.filter((value) => {
      const old = before.get(value.hash);
      return old && (retold.has(value.hash) || differs(old, value));
    }),
    superseded: after.flatMap((value) => {
      const old = before.get(value.hash);
      const stands = value.state === "joined" && !(value.wins && example);
      if (old?.state !== "joined" || stands) return [];
      return old.modelId && old.ledgerSeq ? [{ modelId: old.modelId, seq: old.ledgerSeq }] : [];
    }),
    example,
    counts: [
      ...counts,
      ...Array.from({ length: duplicates }, () => ({ what: "duplicate" as const, modelId })),
    ],
  };
}

function modelOf(verdict: Settling | undefined): string | null {
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
