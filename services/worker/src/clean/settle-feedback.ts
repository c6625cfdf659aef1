import {
  appendExamples,
  holdFeedback,
  insertFeedback,
  type LedgerPosition,
  type NewExample,
  type Queries,
  readFeedback,
  supersedeExamples,
  updateFeedback,
} from "@groundswell/db";
import {
  type Counter,
  type FeedbackPlan,
  type FeedbackValue,
  judgeFeedback,
  type KeptValue,
  planFeedback,
  type Teaching,
} from "@groundswell/feedback";

import { createLookUps, type LookUps } from "./look-ups.ts";

export interface Settling {
  teaching: Teaching;
  counter: Counter;
  now: Date;
}

export interface Settled {
  /** The value that counts of each feedback id that was never seen before. */
  first: KeptValue[];
  /** Models whose ledger got an entry. */
  models: Set<string>;
  /** Whether any of it waits for its prediction. */
  waiting: boolean;
}

interface Id {
  projectId: string;
  feedbackId: string;
  incoming: FeedbackValue[];
}

interface Planned {
  id: Id;
  plan: FeedbackPlan;
  isNew: boolean;
}

/** Keeps feedback that came in, decides about it, and writes what it teaches. */
export async function settleFeedback(
  tx: Queries,
  values: readonly FeedbackValue[],
  settling: Settling,
): Promise<Settled> {
  const ids = groupById(values);
  const lookUps = createLookUps(tx);
  await lookUps.load(values);
  return settleIds(tx, ids, lookUps, settling);
}

/** Looks again at feedback that waits. */
export async function settleAgain(
  tx: Queries,
  keys: readonly { projectId: string; feedbackId: string }[],
  settling: Settling,
): Promise<Settled> {
  const lookUps = createLookUps(tx);
  // Consents are held before feedback is, here as everywhere; so it is read twice.
  await lookUps.load(await readFeedback(tx, keys));
  const ids = keys.map((key) => ({ ...key, incoming: [] }));
  return settleIds(tx, ids.toSorted(inOrder), lookUps, settling);
}

async function settleIds(
  tx: Queries,
  ids: readonly Id[],
  lookUps: LookUps,
  settling: Settling,
): Promise<Settled> {
  const planned = await planIds(tx, ids, lookUps, settling.teaching);
  const claimed = await claimNew(tx, planned, settling.now);
  const lost = claimed.lost.length > 0;
  // Another transaction brought the same new ids first, and has committed: they are known by now.
  const rest = lost ? await planIds(tx, claimed.lost, lookUps, settling.teaching) : [];
  const all = [...claimed.won, ...rest];
  await writePlans(tx, all, settling.now);
  for (const { id, plan } of all)
    for (const { what, modelId } of plan.counts) settling.counter.add(id.projectId, modelId, what);
  return {
    first: claimed.won.flatMap(({ plan, isNew }) => (isNew ? plan.fresh.slice(0, 1) : [])),
    models: new Set(all.flatMap(({ plan }) => modelsOf(plan))),
    waiting: all.some(({ plan }) => plan.fresh[0]?.state === "waiting"),
  };
}

async function planIds(
  tx: Queries,
  ids: readonly Id[],
  lookUps: LookUps,
  teaching: Teaching,
): Promise<Planned[]> {
  const kept = await holdFeedback(tx, ids);
  await lookUps.load(kept);
  const keptOf = Map.groupBy(kept, keyOf);
  const judge = (value: FeedbackValue) =>
    judgeFeedback(value, {
      prediction: lookUps.predictionOf(value),
      mayTrain: (subjectId) => lookUps.mayTrain(value.projectId, subjectId),
      teaching,
    });
  return ids.flatMap((id) => {
    const before = keptOf.get(keyOf(id)) ?? [];
    // Feedback that waited may be gone by the time it is looked at again.
    if (before.length + id.incoming.length === 0) return [];
    return { id, plan: planFeedback(before, id.incoming, judge), isNew: before.length === 0 };
  });
}

/** New ids begin with the value that wins: the unique index on it tells who of two was first. */
async function claimNew(tx: Queries, planned: readonly Planned[], now: Date) {
  const fresh = planned.flatMap(({ plan, isNew }) => (isNew ? plan.fresh.slice(0, 1) : []));
  if (fresh.length === 0) return { won: planned, lost: [] };
  const kept = new Set((await insertFeedback(tx, fresh, now)).map(keyOf));
  const isOurs = ({ id, isNew }: Planned) => !isNew || kept.has(keyOf(id));
  return {
    won: planned.filter(isOurs),
    lost: planned.filter((one) => !isOurs(one)).map(({ id }) => id),
  };
}

async function writePlans(tx: Queries, planned: readonly Planned[], now: Date): Promise<void> {
  await updateFeedback(
    tx,
    planned.flatMap(({ plan }) => plan.changed),
    now,
  );
  const fresh = planned.flatMap(({ plan, isNew }) => (isNew ? plan.fresh.slice(1) : plan.fresh));
  if (fresh.length > 0) await insertFeedback(tx, fresh, now);
  await supersedeExamples(tx, planned.flatMap(supersededOf), now);
  await appendExamples(tx, planned.flatMap(exampleOf), now);
}

const supersededOf = ({ id, plan }: Planned): LedgerPosition[] =>
  plan.superseded.map((one) => ({ projectId: id.projectId, ...one }));

function exampleOf({ plan }: Planned): NewExample[] {
  const winner = [...plan.fresh, ...plan.changed].find((value) => value.wins);
  if (!plan.example || !winner) return [];
  const { projectId, feedbackId, hash, predictionId, receivedAt } = winner;
  return [{ ...plan.example, projectId, feedbackId, hash, predictionId, acceptedAt: receivedAt }];
}

function modelsOf({ example, superseded }: FeedbackPlan): string[] {
  return [...(example ? [example.modelId] : []), ...superseded.map((one) => one.modelId)];
}

const keyOf = (id: { projectId: string; feedbackId: string }) => `${id.projectId} ${id.feedbackId}`;

/** Sorted: the order in which rows are locked everywhere. */
function groupById(values: readonly FeedbackValue[]): Id[] {
  return [...Map.groupBy(values, keyOf).values()]
    .flatMap(([first, ...others]) => {
      if (!first) return [];
      const { projectId, feedbackId } = first;
      return { projectId, feedbackId, incoming: [first, ...others] };
    })
    .toSorted(inOrder);
}

function inOrder(a: Omit<Id, "incoming">, b: Omit<Id, "incoming">): number {
  if (keyOf(a) === keyOf(b)) return 0;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
