import type { FeedbackPlan, KeptValue, Settling } from "./feedback-plan.ts";
import { compareWeights } from "./feedback-rank.ts";
import type { FeedbackValue } from "./feedback-value.ts";

/** One prediction teaches once for each person, however many feedback ids speak of it. */
export interface LessonKey {
  projectId: string;
  predictionId: string;
  /** Pseudonym. */
  subjectId: string;
}

/** @returns undefined where a plan neither teaches nor takes back what was taught */
export function lessonOf({ winner, superseded }: FeedbackPlan): LessonKey | undefined {
  const { projectId, predictionId, subjectId } = winner;
  if (subjectId === null || (!mayTell(winner) && superseded.length === 0)) return undefined;
  return { projectId, predictionId, subjectId };
}

/** Whether a value would teach, if no other feedback of its prediction did. */
export const mayTell = ({ state, reason }: Pick<KeptValue, "state" | "reason">): boolean =>
  state === "joined" || reason === "other_feedback";

/**
 * Lets the weightiest of the feedbacks of one lesson teach, and keeps the others out.
 *
 * @param plans of all of the lesson's ids, those included about which nothing came in
 * @param judge called for one that was kept out and is the weightiest now
 * @returns the plans as they are then
 */
export function electTeller(
  plans: readonly FeedbackPlan[],
  judge: (value: FeedbackValue) => Settling,
): FeedbackPlan[] {
  const heaviestFirst = plans.toSorted((a, b) => compareWeights(b.winner, a.winner));
  let taught = false;
  return heaviestFirst.map((plan) => {
    if (!mayTell(plan.winner)) return plan;
    if (taught) return silence(plan);
    const told = plan.winner.state === "joined" ? plan : speak(plan, judge(plan.winner));
    taught = told.winner.state === "joined";
    return told;
  });
}

/** The plan of an id about which nothing came in: as it stands. */
export const standing = (winner: KeptValue): FeedbackPlan => ({
  winner,
  fresh: [],
  changed: [],
  superseded: [],
  example: null,
  counts: [],
});

function silence(plan: FeedbackPlan): FeedbackPlan {
  const { winner } = plan;
  if (winner.state !== "joined") return plan;
  const { modelId, ledgerSeq } = winner;
  const written = modelId !== null && ledgerSeq !== null && plan.example === null;
  return {
    ...withWinner(plan, {
      ...winner,
      state: "kept_out",
      reason: "other_feedback",
      scoredRight: null,
    }),
    example: null,
    superseded: [...plan.superseded, ...(written ? [{ modelId, seq: ledgerSeq }] : [])],
    counts: [
      ...plan.counts.filter(({ what }) => what !== "example" && what !== "held_out"),
      { what: "other_feedback", modelId },
    ],
  };
}

function speak(plan: FeedbackPlan, verdict: Settling): FeedbackPlan {
  const { winner } = plan;
  if (verdict.state === "waiting") return plan;
  if (verdict.state === "kept_out")
    return withWinner(plan, { ...winner, state: "kept_out", reason: verdict.reason });
  const { example } = verdict;
  return {
    ...withWinner(plan, { ...winner, state: "joined", reason: null, ledgerSeq: null }),
    example,
    counts: [
      ...plan.counts,
      { what: example.split === "exam" ? "held_out" : "example", modelId: example.modelId },
    ],
  };
}

function withWinner(plan: FeedbackPlan, winner: KeptValue): FeedbackPlan {
  const isFresh = plan.fresh.some(({ hash }) => hash === winner.hash);
  const others = plan.changed.filter(({ hash }) => hash !== winner.hash);
  return {
    ...plan,
    winner,
    fresh: plan.fresh.map((value) => (value.hash === winner.hash ? winner : value)),
    changed: isFresh ? others : [...others, winner],
  };
}
