import {
  addToProfiles,
  addToTallies,
  claimInbox,
  claimMessageIds,
  holdConsents,
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
 * taken in one order everywhere, each kind sorted: message ids, consents, feedback, ledger,
 * profiles, tallies. So batches wait for each other and never in a circle.
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
  const events = await onlyNew(tx, batch.events, counter);
  const withdrawn = await takeDecisions(tx, events, batch);
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

/** Drops messages whose id was seen before, in this batch or in the last thirty days. */
async function onlyNew(
  tx: Queries,
  events: readonly PlacedEvent[],
  counter: Counter,
): Promise<PlacedEvent[]> {
  const identified = events.filter((event) => event.messageKey !== null);
  if (identified.length === 0) return [...events];
  const first = new Map<string, PlacedEvent>();
  for (const event of identified) if (!first.has(keyOf(event))) first.set(keyOf(event), event);
  const ids = [...first.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { projectId, messageKey, receivedAt }]) => ({
      projectId,
      messageKey: messageKey ?? "",
      receivedAt,
    }));
  const fresh = new Set((await claimMessageIds(tx, ids)).map(keyOf));
  return events.filter((event) => {
    const isNew =
      event.messageKey === null || (fresh.has(keyOf(event)) && first.get(keyOf(event)) === event);
    if (!isNew) counter.add(event.projectId, null, "duplicate");
    return isNew;
  });
}

const keyOf = (one: { projectId: string; messageKey: string | null }) =>
  `${one.projectId} ${one.messageKey}`;

/** Puts in force what people decided with these messages, before anything of theirs is judged. */
async function takeDecisions(
  tx: Queries,
  events: readonly PlacedEvent[],
  batch: Batch,
): Promise<string[]> {
  const said: NewDecision[] = [
    ...events.flatMap(({ decisions, projectId, receivedAt }) =>
      decisions.map((one) => ({ ...one, projectId, receivedAt, method: "event" })),
    ),
    ...batch.feedback.flatMap(({ decisions, value: { projectId, receivedAt } }) =>
      decisions.map((one) => ({ ...one, projectId, receivedAt, method: "feedback" })),
    ),
  ];
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
  const people = [
    ...decisions,
    ...batch.feedback.map((one) => one.value),
    ...events.flatMap((one) => one.feedback ?? []),
  ].flatMap(({ projectId, subjectId }) => (subjectId ? { projectId, subjectId } : []));
  // All at once and sorted, those too that are only read later: a lock can't be strengthened safely.
  await holdConsents(tx, people, "update");
  return recordDecisions(tx, decisions, "changes");
}
