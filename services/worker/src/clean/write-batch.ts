import {
  addToProfiles,
  addToTallies,
  claimInbox,
  claimMessageIds,
  holdConsents,
  holdSubjects,
  insertEvents,
  insertQuarantine,
  type NewDecision,
  type Queries,
  recordDecisions,
} from "@groundswell/db";
import {
  type Counter,
  createCounter,
  inForce,
  tallyBucket,
  type Teaching,
  toJsonb,
} from "@groundswell/feedback";

import { restsOnItem } from "./look-ups.ts";
import { profileChanges } from "./profile-changes.ts";
import type { Batch, PlacedEvent } from "./read-batch.ts";
import { settleFeedback } from "./settle-feedback.ts";

export interface Written {
  items: number;
  /** Models whose ledger got an entry. */
  models: Set<string>;
  /** Whether feedback was left waiting for its prediction. */
  waiting: boolean;
}

/**
 * Writes all that a batch comes to, in one transaction with the mark that it is processed. Locks are
 * taken in one order everywhere, each kind sorted: message ids, people spoken for, consents,
 * feedback, ledger, profiles, tallies. So batches wait for each other and never in a circle.
 */
export async function writeBatch(
  tx: Queries,
  read: Batch,
  { teaching, now }: { teaching: Teaching; now: Date },
): Promise<Written> {
  const claimed = new Set(
    await claimInbox(
      tx,
      read.items.map((row) => row.inboxId),
      now,
    ),
  );
  const batch = onlyClaimed(read, claimed);
  const counter = createCounter();
  const fresh = await onlyNew(tx, batch, counter);
  const { events } = fresh;
  const withdrawn = await takeDecisions(tx, fresh, batch);
  const values = [
    ...batch.feedback.map((one) => one.value),
    ...events.flatMap((event) => event.feedback ?? []),
  ];
  const settled = await settleFeedback(tx, values, { teaching, counter, now });

  if (events.length > 0)
    await insertEvents(
      tx,
      events.map((event) => ({ ...event, properties: toJsonb(event.properties) })),
    );
  if (batch.quarantined.length > 0) await insertQuarantine(tx, batch.quarantined);
  const changes = profileChanges(events, settled.first);
  if (changes.length > 0) await addToProfiles(tx, changes, toJsonb);

  for (const { projectId } of events) counter.add(projectId, null, "event");
  for (const { projectId } of batch.quarantined) counter.add(projectId, null, "malformed");
  for (const { projectId, n } of batch.items) counter.add(projectId, null, "accepted", n);
  const tallies = counter.tallies();
  if (tallies.length > 0) await addToTallies(tx, tallies, tallyBucket(now));
  return {
    items: batch.items.reduce((sum, row) => sum + row.n, 0),
    models: new Set([...withdrawn, ...settled.models]),
    waiting: settled.waiting,
  };
}

function onlyClaimed(batch: Batch, claimed: ReadonlySet<number>): Batch {
  return {
    events: batch.events.filter((event) => claimed.has(event.inboxId)),
    feedback: batch.feedback.filter(({ value }) => claimed.has(value.inboxId)),
    quarantined: batch.quarantined.filter((row) => claimed.has(row.inboxId)),
    items: batch.items.filter((row) => claimed.has(row.inboxId)),
  };
}

interface Fresh {
  /** Messages whose id is new, in this batch and in the last thirty days. */
  events: PlacedEvent[];
  /** Withdrawals that came for the first time, by their keys: they count though their message's id was used. */
  withdrawals: ReadonlySet<string>;
}

/** Remembers the ids of messages, and the withdrawals, of a batch; drops what was seen before. */
async function onlyNew(tx: Queries, batch: Batch, counter: Counter): Promise<Fresh> {
  const first = new Map<string, PlacedEvent>();
  for (const event of batch.events)
    if (event.messageKey !== null && !first.has(keyOf(event))) first.set(keyOf(event), event);
  const ids = new Map<string, { projectId: string; messageKey: string; receivedAt: Date }>();
  for (const { projectId, receivedAt, messageKey, decisionKey } of keysOf(batch))
    for (const key of [messageKey, decisionKey])
      if (key !== null) ids.set(`${projectId} ${key}`, { projectId, receivedAt, messageKey: key });
  if (ids.size === 0) return { events: batch.events, withdrawals: new Set() };
  const sorted = [...ids.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, id]) => id);
  const fresh = new Set((await claimMessageIds(tx, sorted)).map(keyOf));
  const events = batch.events.filter((event) => {
    const isNew =
      event.messageKey === null || (fresh.has(keyOf(event)) && first.get(keyOf(event)) === event);
    if (!isNew) counter.add(event.projectId, null, "duplicate");
    return isNew;
  });
  return { events, withdrawals: fresh };
}

const keysOf = (batch: Batch) => [
  ...batch.events,
  ...batch.feedback.map(({ decisionKey, value: { projectId, receivedAt } }) => ({
    projectId,
    receivedAt,
    decisionKey,
    messageKey: null,
  })),
];

const keyOf = (one: { projectId: string; messageKey: string | null }) =>
  `${one.projectId} ${one.messageKey}`;

/** Puts in force what people decided with these messages, before anything of theirs is judged. */
async function takeDecisions(tx: Queries, fresh: Fresh, batch: Batch): Promise<string[]> {
  const said = saidIn(fresh, batch);
  if (said.length === 0) return [];
  const latest = new Map<string, NewDecision>();
  for (const one of said) {
    const key = `${one.projectId} ${one.subjectId} ${one.purpose}`;
    const before = latest.get(key);
    latest.set(key, before ? inForce(before, one) : one);
  }
  const decisions = [...latest.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
  const values = [
    ...batch.feedback.map((one) => one.value),
    ...fresh.events.flatMap((one) => one.feedback ?? []),
  ];
  await holdSubjects(tx, [
    ...decisions.filter((one) => !one.granted),
    ...values.flatMap(restsOnItem),
  ]);
  const people = [...decisions, ...values].flatMap(({ projectId, subjectId }) =>
    subjectId ? { projectId, subjectId } : [],
  );
  // All at once and sorted, those too that are only read later: a lock can't be strengthened safely.
  await holdConsents(tx, people, "update");
  return recordDecisions(tx, decisions, "changes");
}

/** A yes says the same however often it comes; a no counts from when it came first. */
function saidIn({ events, withdrawals }: Fresh, batch: Batch): NewDecision[] {
  const isNew = new Set(events);
  const toTake = new Set(withdrawals);
  const fromEvents = batch.events.flatMap((event) => {
    const { decisions, decisionKey, projectId, receivedAt, key } = event;
    const noIsNew = toTake.delete(`${projectId} ${decisionKey}`);
    return decisions
      .filter(({ granted }) => (granted ? isNew.has(event) : noIsNew))
      .map((one) => ({ ...one, projectId, receivedAt, key, method: "event" }));
  });
  const fromFeedback = batch.feedback.flatMap(({ decisions, decisionKey, key, value }) => {
    const { projectId, receivedAt } = value;
    const noIsNew = toTake.delete(`${projectId} ${decisionKey}`);
    return decisions
      .filter(({ granted }) => granted || noIsNew)
      .map((one) => ({ ...one, projectId, receivedAt, key, method: "feedback" }));
  });
  return [...fromEvents, ...fromFeedback];
}
