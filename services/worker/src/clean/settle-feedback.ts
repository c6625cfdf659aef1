import {
  appendExamples,
  claimFeedback,
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
  type Verdict,
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
  const judge = judging(lookUps, settling.teaching);
  // As if all were new, which most are; about those that are not, it is thought again.
  const asNew = ids.map((id): Planned => ({ id, plan: planFeedback([], id.incoming, judge) }));
  const winners = asNew.flatMap(({ plan }) => plan.fresh.slice(0, 1));
  const begun = new Set((await claimFeedback(tx, winners, settling.now)).map(keyOf));
  const isBegun = ({ id }: Planned) => begun.has(keyOf(id));
  const known = asNew.filter((one) => !isBegun(one)).map(({ id }) => id);
  const planned = [
    ...asNew.filter(isBegun),
    ...(await planKnown(tx, known, lookUps, settling.teaching)),
  ];
  await writePlans(tx, planned, begun, settling.now);
  return summarise(planned, begun, settling.counter);
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
  await holdFeedback(tx, keys);
  const ids = keys.map((key) => ({ ...key, incoming: [] }));
  const planned = await planKnown(tx, ids, lookUps, settling.teaching);
  await writePlans(tx, planned, new Set(), settling.now);
  return summarise(planned, new Set(), settling.counter);
}

/** @param ids held by this transaction */
async function planKnown(
  tx: Queries,
  ids: readonly Id[],
  lookUps: LookUps,
  teaching: Teaching,
): Promise<Planned[]> {
  if (ids.length === 0) return [];
  const kept = await readFeedback(tx, ids);
  await lookUps.load(kept);
  const keptOf = Map.groupBy(kept, keyOf);
  const judge = judging(lookUps, teaching);
  return ids.map((id) => ({
    id,
    plan: planFeedback(keptOf.get(keyOf(id)) ?? [], id.incoming, judge),
  }));
}

const judging =
  (lookUps: LookUps, teaching: Teaching) =>
  (value: FeedbackValue): Verdict =>
    judgeFeedback(value, {
      prediction: lookUps.predictionOf(value),
      mayTrain: (subjectId) => lookUps.mayTrain(value.projectId, subjectId),
      teaching,
    });

function summarise(
  planned: readonly Planned[],
  begun: ReadonlySet<string>,
  counter: Counter,
): Settled {
  for (const { id, plan } of planned)
    for (const { what, modelId } of plan.counts) counter.add(id.projectId, modelId, what);
  return {
    first: planned.flatMap(({ id, plan }) => (begun.has(keyOf(id)) ? plan.fresh.slice(0, 1) : [])),
    models: new Set(planned.flatMap(({ plan }) => modelsOf(plan))),
    waiting: planned.some(({ plan }) => plan.fresh[0]?.state === "waiting"),
  };
}

async function writePlans(
  tx: Queries,
  planned: readonly Planned[],
  begun: ReadonlySet<string>,
  now: Date,
): Promise<void> {
  await updateFeedback(
    tx,
    planned.flatMap(({ plan }) => plan.changed),
    now,
  );
  const fresh = planned.flatMap(({ id, plan }) =>
    begun.has(keyOf(id)) ? plan.fresh.slice(1) : plan.fresh,
  );
  await insertFeedback(tx, fresh, now);
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
