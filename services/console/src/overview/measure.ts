import { KeptOutReason, type Overview } from "@groundswell/contracts";
import {
  acceptedSince,
  countPredictions,
  countQueues,
  countWaitingWork,
  type Database,
  droppedPredictions,
  learnedWindow,
  predictionLatency,
  type Queries,
  scoredOutcomes,
  sumTallies,
  withProject,
} from "@groundswell/db";
import { NO_MODEL } from "@groundswell/feedback";
import type { ModelRecord } from "@groundswell/models";

import { createLearnedCount } from "./learned-count.ts";
import { follow, NOTHING_SCORED, progressiveAccuracy } from "./progressive.ts";
import { createRunningTotal } from "./running-total.ts";

const WINDOW_S = 30;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Longer than a transaction of the worker takes, however busy. */
const COMMITTED_AFTER_MS = 15 * SECOND_MS;
const RECOUNT_AFTER_MS = 10 * MINUTE_MS;
/** A client may choose a prediction's id, and with it its time, within a day. */
const LATEST_MS = 25 * 60 * MINUTE_MS;

type OfModel = Pick<ModelRecord, "projectId" | "modelId">;

/** Measures one model again and again; what is settled is counted once. */
export function createMeasure(
  { database }: { database: Database },
  { projectId, modelId }: OfModel,
) {
  const of = { projectId, modelId };
  const totals = createTotals(of);
  const learned = createLearned(of);

  return (model: ModelRecord, now: Date): Promise<Overview> =>
    withProject(database, projectId, async (tx) => {
      const since = new Date(now.getTime() - WINDOW_S * SECOND_MS);
      const { inbox } = await countWaitingWork(tx, projectId);
      const tallies = await totals.tallies(tx, now);
      const accepted = await acceptedSince(tx, projectId, since);
      const predicted = await countPredictions(tx, { ...of, after: since, through: null });
      const latency = await predictionLatency(tx, { ...of, since });
      const queues = await countQueues(tx, { ...of, now });
      return {
        model: model.name,
        recipe: model.recipe,
        at: now.toISOString(),
        window_s: WINDOW_S,
        accepted: {
          per_second: perSecond(accepted),
          items: accepted,
          total: (tallies["accepted"] ?? 0) + inbox.items,
        },
        predictions: {
          per_second: perSecond(predicted),
          total: await totals.predictions(tx, now),
          p50_ms: latency.p50,
          p99_ms: latency.p99,
        },
        learned: await learned(tx, since),
        feedback_total: tallies["feedback"] ?? 0,
        kept_out: keptOut(tallies),
        ...progressiveAccuracy(await totals.outcomes(tx, now)),
        queues: {
          inbox_items: inbox.items,
          inbox_oldest_s: ageInSeconds(inbox.oldestAt, now),
          ledger: queues.ledger,
          waiting: queues.waiting,
          quarantine: queues.quarantine,
          dead_letters: queues.deadLetters,
        },
      };
    });
}

/** What was learned in the window: what is learned by now, less what was learned before it. */
function createLearned(of: OfModel) {
  const countNow = createLearnedCount(of);
  const countBefore = createLearnedCount(of);
  let before = 0;
  return async (tx: Queries, since: Date): Promise<Overview["learned"]> => {
    const window = await learnedWindow(tx, { ...of, since: { at: since, step: before } });
    before = window.before;
    const total = await countNow(tx, window.newest);
    return {
      per_second: perSecond(total - (await countBefore(tx, before))),
      total,
      step: window.newest,
      p50_ms: window.p50,
      p99_ms: window.p99,
    };
  };
}

function createTotals(of: OfModel) {
  const rhythm = { recountAfterMs: RECOUNT_AFTER_MS, latestMs: LATEST_MS };
  const modelIds = [of.modelId, NO_MODEL];
  const tallies = (tx: Queries, after: Date, through: Date | null) =>
    sumTallies(tx, { projectId: of.projectId, modelIds, after, through });
  const predictions = (tx: Queries, after: Date, through: Date | null) =>
    countPredictions(tx, { ...of, after, through });
  const outcomes = (tx: Queries, after: Date, through: Date | null) =>
    scoredOutcomes(tx, { ...of, after, through });
  return {
    tallies: createRunningTotal({
      ...rhythm,
      first: (tx: Queries, through) => tallies(tx, BEGINNING, through),
      read: tallies,
      plus: addCounts,
      settledAfterMs: MINUTE_MS,
    }),
    predictions: createRunningTotal({
      ...rhythm,
      first: async (tx: Queries, through) =>
        (await predictions(tx, BEGINNING, through)) + (await droppedPredictions(tx, of)),
      read: predictions,
      plus: (a, b) => a + b,
      settledAfterMs: COMMITTED_AFTER_MS,
    }),
    outcomes: createRunningTotal({
      ...rhythm,
      first: async (tx: Queries, through) =>
        follow(NOTHING_SCORED, await outcomes(tx, BEGINNING, through)),
      read: outcomes,
      plus: follow,
      settledAfterMs: COMMITTED_AFTER_MS,
    }),
  };
}

const BEGINNING = new Date(0);

function addCounts(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sum = { ...a };
  for (const [what, n] of Object.entries(b)) sum[what] = (sum[what] ?? 0) + n;
  return sum;
}

const perSecond = (n: number) => n / WINDOW_S;

function ageInSeconds(at: Date | null, now: Date): number | null {
  return at && Math.max(0, now.getTime() - at.getTime()) / 1_000;
}

/** Reasons by their count, the greatest first. */
function keptOut(tallies: Record<string, number>): Overview["kept_out"] {
  return KeptOutReason.options
    .map((reason) => ({ reason, count: tallies[reason] ?? 0 }))
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.count - a.count);
}
