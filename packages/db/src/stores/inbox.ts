import type { ClientConsent } from "@groundswell/contracts";

import type { Queries } from "../database.ts";

/** What one project posted within one commit group. */
export interface AcceptedGroup {
  projectId: string;
  items: number;
  /** Envelopes, compressed (`packages/feedback/src/envelope.ts`). */
  body: Buffer;
}

/**
 * As `accept`. When it resolves, the groups are on disk.
 *
 * @returns their ids in the inbox, in order
 */
export async function insertInbox(
  database: Queries,
  groups: readonly AcceptedGroup[],
  receivedAt: Date,
): Promise<number[]> {
  const rows = groups.map((_, i) => `($1, $${3 * i + 2}, $${3 * i + 3}, $${3 * i + 4})`);
  const values = groups.flatMap(({ projectId, items, body }) => [projectId, items, body]);
  const inserted = await database.query<{ inbox_id: number }>(
    `insert into inbox (received_at, project_id, items, body) values ${rows.join(", ")}
     returning inbox_id`,
    [receivedAt, ...values],
    groups.length === 1 ? "insert-inbox" : undefined,
  );
  return inserted.map((row) => row.inbox_id);
}

/** A row of the inbox that waits to be cleaned. */
export interface InboxRow {
  projectId: string;
  pseudonymKey: Buffer;
  clientConsent: ClientConsent;
  inboxId: number;
  /** When it came first: of a batch that is replayed, not when it was put here again. */
  receivedAt: Date;
  items: number;
  body: Buffer;
}

/** As `worker`. Takes no lock: whether the rows still wait is told by `claimInbox`. */
export function readInbox(database: Queries, inboxIds: readonly number[]): Promise<InboxRow[]> {
  return database.query<InboxRow>(
    `select i.project_id as "projectId", p.pseudonym_key as "pseudonymKey",
            p.client_consent as "clientConsent", i.inbox_id as "inboxId",
            coalesce(i.first_received_at, i.received_at) as "receivedAt", i.items, i.body
     from inbox i join projects p using (project_id)
     where i.inbox_id = any($1::bigint[]) and i.processed_at is null
     order by i.inbox_id`,
    [inboxIds],
    "read-inbox",
  );
}

/**
 * Marks rows as processed, in the transaction that processes them.
 *
 * @returns those that are ours: the others were processed before, or are being so by somebody else
 */
export async function claimInbox(
  tx: Queries,
  inboxIds: readonly number[],
  now: Date,
): Promise<number[]> {
  const rows = await tx.query<{ inbox_id: number }>(
    `update inbox i set processed_at = $2
     from (
       select project_id, inbox_id, received_at from inbox
       where inbox_id = any($1::bigint[]) and processed_at is null
       order by inbox_id for update skip locked
     ) w
     where i.project_id = w.project_id and i.inbox_id = w.inbox_id
       and i.received_at = w.received_at
     returning i.inbox_id`,
    [inboxIds, now],
    "claim-inbox",
  );
  return rows.map((row) => row.inbox_id);
}

/**
 * Rows that have waited for longer than they should: their job was lost, or failed. A row that
 * failed before waits twice as long after each try.
 */
export function findOverdue(
  database: Queries,
  { receivedBefore, most }: { receivedBefore: Date; most: number },
): Promise<{ inboxId: number; items: number }[]> {
  return database.query(
    `select inbox_id as "inboxId", items from inbox
     where processed_at is null and received_at < $1
       and (attempts = 0 or received_at < $1 - make_interval(secs => 2 ^ least(attempts, 10)))
     order by received_at, inbox_id limit $2`,
    [receivedBefore, most],
    "find-overdue",
  );
}

/** @returns how often a row has failed, this time included */
export async function countAttempt(database: Queries, inboxId: number): Promise<number> {
  const [row] = await database.query<{ attempts: number }>(
    `update inbox set attempts = attempts + 1 where inbox_id = $1 and processed_at is null
     returning attempts`,
    [inboxId],
  );
  return row?.attempts ?? 0;
}

/** Moves a row that fails every time to the dead letters, as it is. */
export async function buryInbox(
  tx: Queries,
  letter: { inboxId: number; deadLetterId: string; queue: string; reason: string; now: Date },
): Promise<void> {
  await tx.query(
    `with buried as (
       update inbox set processed_at = $5 where inbox_id = $1 and processed_at is null
       returning project_id, attempts, items,
         coalesce(first_received_at, received_at) as received_at, body
     )
     insert into dead_letters (project_id, dead_letter_id, queue, reason, attempts, items,
       received_at, body, created_at)
     select project_id, $2, $3, $4, attempts, items, received_at, body, $5 from buried`,
    [letter.inboxId, letter.deadLetterId, letter.queue, letter.reason, letter.now],
  );
}
