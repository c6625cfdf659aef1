import {
  appendExamples,
  claimFeedback,
  holdFeedback,
  holdPredictions,
  insertFeedback,
  type Queries,
  readFeedback,
  readTellers,
  supersedeExamples,
  updateFeedback,
} from "@groundswell/db";
import {
  type Counter,
  electTeller,
  type FeedbackPlan,
  type FeedbackValue,
  judgeFeedback,
  type KeptValue,
  lessonOf,
  type LessonKey,
  planFeedback,
  type Settling as SettledVerdict,
  standing,
  type Teaching,
} from "@groundswell/feedback";

import { createParts, type Newcomer } from "./assign-parts.ts";
import { createLookUps } from "./look-ups.ts";

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
}

/** What is known while one transaction settles. */
interface Work {
  tx: Queries;
  /** Reads and holds what has to be known to judge these, and places their people. */
  prepare: (values: readonly FeedbackValue[]) => Promise<void>;
  /** Of what was prepared. */
  judge: (value: FeedbackValue) => SettledVerdict;
  now: Date;
}

/** Keeps feedback that came in, decides about it, and writes what it teaches. */
export async function settleFeedback(
  tx: Queries,
  values: readonly FeedbackValue[],
  settling: Settling,
): Promise<Settled> {
  const work = await begin(tx, values, settling);
  const incoming = groupById(values);
  const ids = [...incoming.values()].map(([first]) => first).filter((one) => one !== undefined);
  // As if all were new, which most are; about those that are not, it is thought again.
  const asNew = ids
    .toSorted(inOrder)
    .map((id) => planFeedback([], incoming.get(keyOf(id)) ?? [], work.judge));
  const winners = asNew.map(({ winner }) => winner);
  const begun = new Set((await claimFeedback(tx, winners, work.now)).map(keyOf));
  const isBegun = ({ winner }: FeedbackPlan) => begun.has(keyOf(winner));
  const known = winners.filter((winner) => !begun.has(keyOf(winner)));
  const plans = [...asNew.filter(isBegun), ...(await planKnown(work, known, incoming))];
  return finish(work, plans, begun, settling.counter);
}

/** Looks again at feedback that waits. */
export async function settleAgain(
  tx: Queries,
  ids: readonly Id[],
  settling: Settling,
): Promise<Settled> {
  // Consents and predictions are held before feedback is, here as everywhere; so it is read twice.
  const work = await begin(tx, await readFeedback(tx, ids), settling);
  await holdFeedback(tx, ids);
  const plans = await planKnown(work, ids, new Map());
  return finish(work, plans, new Set(), settling.counter);
}

async function begin(
  tx: Queries,
  values: readonly FeedbackValue[],
  { teaching, now }: Settling,
): Promise<Work> {
  const lookUps = createLookUps(tx);
  const parts = createParts(tx, now);
  const verdictOn = (value: FeedbackValue) =>
    judgeFeedback(value, {
      prediction: lookUps.predictionOf(value),
      mayTrain: (subjectId) => lookUps.mayTrain(value.projectId, subjectId),
      splitOf: (modelId, subjectId) => parts.splitOf(value.projectId, modelId, subjectId),
      teaching,
    });
  const newcomer = (value: FeedbackValue): Newcomer[] => {
    const verdict = verdictOn(value);
    const prediction = lookUps.predictionOf(value);
    if (verdict.state !== "unplaced" || !prediction) return [];
    const { modelId, subjectId } = verdict;
    return [{ projectId: value.projectId, modelId, subjectId, prediction }];
  };
  const prepare = async (these: readonly FeedbackValue[]) => {
    await lookUps.load(these);
    await holdPredictions(tx, these.filter(lookUps.predictionOf));
    await parts.assign(these.flatMap(newcomer));
  };
  await prepare(values);
  const judge = (value: FeedbackValue): SettledVerdict => {
    const verdict = verdictOn(value);
    if (verdict.state === "unplaced")
      throw new Error(`Whose feedback ${value.feedbackId} is was not placed before it was judged`);
    return verdict;
  };
  return { tx, prepare, judge, now };
}

/** @param ids held by this transaction */
async function planKnown(
  { tx, prepare, judge }: Work,
  ids: readonly Id[],
  incoming: ReadonlyMap<string, readonly FeedbackValue[]>,
): Promise<FeedbackPlan[]> {
  if (ids.length === 0) return [];
  const kept = await readFeedback(tx, ids);
  await prepare(kept);
  const keptOf = Map.groupBy(kept, keyOf);
  return ids.map((id) =>
    planFeedback(keptOf.get(keyOf(id)) ?? [], incoming.get(keyOf(id)) ?? [], judge),
  );
}

/** Writes what was planned; what was claimed just now stands as the plan says, or is changed. */
async function finish(
  work: Work,
  planned: readonly FeedbackPlan[],
  begun: ReadonlySet<string>,
  counter: Counter,
): Promise<Settled> {
  const plans = await electTellers(work, planned);
  const claimed = new Map(
    planned.map(({ winner }) => [keyOf(winner), winner] as const).filter(([key]) => begun.has(key)),
  );
  await writePlans(work, plans, claimed);
  for (const { winner, counts } of plans)
    for (const { what, modelId } of counts) counter.add(winner.projectId, modelId, what);
  return {
    first: plans.flatMap(({ winner }) => (begun.has(keyOf(winner)) ? [winner] : [])),
    models: new Set(plans.flatMap(modelsOf)),
    waiting: plans.some(({ fresh }) => fresh[0]?.state === "waiting"),
  };
}

/** Of all feedbacks about one prediction of one person, one teaches (`lesson.ts`). */
async function electTellers(
  { tx, prepare, judge }: Work,
  plans: readonly FeedbackPlan[],
): Promise<FeedbackPlan[]> {
  const lessons = new Map<string, LessonKey>();
  for (const plan of plans) {
    const lesson = lessonOf(plan);
    if (lesson) lessons.set(lessonKey(lesson), lesson);
  }
  if (lessons.size === 0) return [...plans];
  const own = new Set(plans.map(({ winner }) => keyOf(winner)));
  const tellers = await readTellers(tx, [...lessons.values()]);
  const others = tellers.filter((teller) => !own.has(keyOf(teller)));
  await prepare(others);
  const all = [...plans, ...others.map(standing)];
  return [...Map.groupBy(all, ({ winner }) => lessonKey(winner)).values()].flatMap((told) =>
    told.length === 1 ? told : electTeller(told, judge),
  );
}

async function writePlans(
  { tx, now }: Work,
  plans: readonly FeedbackPlan[],
  claimed: ReadonlyMap<string, KeptValue>,
): Promise<void> {
  const isClaimed = (value: KeptValue) => claimed.get(keyOf(value))?.hash === value.hash;
  const fresh = plans.flatMap((plan) => plan.fresh);
  const changed = plans.flatMap((plan) => plan.changed);
  // Stored as it was when it was claimed: another feedback was elected since.
  const corrected = fresh.filter(
    (value) => isClaimed(value) && claimed.get(keyOf(value)) !== value,
  );
  await updateFeedback(tx, [...changed, ...corrected], now);
  await insertFeedback(
    tx,
    fresh.filter((value) => !isClaimed(value)),
    now,
  );
  const superseded = plans.flatMap(({ winner, superseded: gone }) =>
    gone.map((one) => ({ projectId: winner.projectId, ...one })),
  );
  await supersedeExamples(tx, superseded, now);
  await appendExamples(tx, plans.flatMap(newExample), now);
}

function newExample({ example, winner }: FeedbackPlan) {
  if (!example) return [];
  const { projectId, feedbackId, hash, predictionId, receivedAt } = winner;
  return [{ ...example, projectId, feedbackId, hash, predictionId, acceptedAt: receivedAt }];
}

const modelsOf = ({ example, superseded }: FeedbackPlan): string[] => [
  ...(example ? [example.modelId] : []),
  ...superseded.map((one) => one.modelId),
];

const keyOf = ({ projectId, feedbackId }: Id) => `${projectId} ${feedbackId}`;
const lessonKey = ({
  projectId,
  predictionId,
  subjectId,
}: Omit<LessonKey, "subjectId"> & { subjectId: string | null }) =>
  `${projectId} ${predictionId} ${subjectId}`;

const groupById = (values: readonly FeedbackValue[]) => Map.groupBy(values, keyOf);

/** The order in which rows are locked everywhere. */
function inOrder(a: Id, b: Id): number {
  if (keyOf(a) === keyOf(b)) return 0;
  return keyOf(a) < keyOf(b) ? -1 : 1;
}
