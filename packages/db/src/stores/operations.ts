import type { Queries } from "../database.ts";

/** The last key of a page: an instant and an id. */
export type InstantKey = [at: string, id: string];

interface PageOf {
  projectId: string;
  limit: number;
  before?: InstantKey | undefined;
}

export interface QuarantinedMessage {
  quarantineId: string;
  receivedAt: Date;
  code: string;
  detail: string;
  /** The start of what was sent. */
  excerpt: string;
}

const EXCERPT_CHARACTERS = 500;

/** Newest first; what has expired is no longer shown, whether or not it was deleted yet. */
export async function listQuarantine(
  tx: Queries,
  { projectId, limit, before, now }: PageOf & { now: Date },
): Promise<QuarantinedMessage[]> {
  return tx.query<QuarantinedMessage>(
    `select quarantine_id as "quarantineId", received_at as "receivedAt", code, detail,
            left(body, ${EXCERPT_CHARACTERS}) as excerpt
     from quarantine where project_id = $1 and expires_at > $3
       and ($4::timestamptz is null or (received_at, quarantine_id) < ($4, $5::uuid))
     order by received_at desc, quarantine_id desc limit $2`,
    [projectId, limit, now, ...(before ?? [null, null])],
  );
}

export interface DeadLetterRecord {
  deadLetterId: string;
  queue: string;
  reason: string;
  attempts: number;
  createdAt: Date;
  replayedAt: Date | null;
}

const DEAD_LETTER_COLUMNS = `dead_letter_id as "deadLetterId", queue, reason, attempts,
  created_at as "createdAt", replayed_at as "replayedAt"`;

/** Newest first. */
export async function listDeadLetters(
  tx: Queries,
  { projectId, limit, before }: PageOf,
): Promise<DeadLetterRecord[]> {
  return tx.query<DeadLetterRecord>(
    `select ${DEAD_LETTER_COLUMNS} from dead_letters where project_id = $1
       and ($3::timestamptz is null or (created_at, dead_letter_id) < ($3, $4::uuid))
     order by created_at desc, dead_letter_id desc limit $2`,
    [projectId, limit, ...(before ?? [null, null])],
  );
}

export interface Replay {
  letter: DeadLetterRecord;
  /** The batch as it stands in the inbox again; undefined where it was replayed before. */
  inbox: { inboxId: number; items: number } | undefined;
}

/**
 * Puts a dead letter's batch into the inbox again, once: under the row's lock a second replay finds
 * it replayed. What is in it counts as said when it first came, and every item keeps its own id,
 * so that what had been understood before the batch died is not counted twice.
 *
 * @returns undefined where there is no such letter
 */
export async function replayDeadLetter(
  tx: Queries,
  { projectId, deadLetterId, now }: { projectId: string; deadLetterId: string; now: Date },
): Promise<Replay | undefined> {
  const [letter] = await tx.query<DeadLetterRecord>(
    `update dead_letters set replayed_at = $3
     where project_id = $1 and dead_letter_id = $2 and replayed_at is null
     returning ${DEAD_LETTER_COLUMNS}`,
    [projectId, deadLetterId, now],
  );
  if (!letter) {
    const [replayed] = await tx.query<DeadLetterRecord>(
      `select ${DEAD_LETTER_COLUMNS} from dead_letters
       where project_id = $1 and dead_letter_id = $2`,
      [projectId, deadLetterId],
    );
    return replayed && { letter: replayed, inbox: undefined };
  }
  const [inbox] = await tx.query<{ inboxId: number; items: number }>(
    `insert into inbox (project_id, received_at, first_received_at, items, body)
     select project_id, $3, received_at, items, body from dead_letters
     where project_id = $1 and dead_letter_id = $2
     returning inbox_id as "inboxId", items`,
    [projectId, deadLetterId, now],
  );
  return { letter, inbox };
}

/** Work that waits, for whoever decides how many workers there should be. */
export interface WaitingWork {
  inbox: { batches: number; items: number; oldestAt: Date | null };
  ledger: number;
  runs: { queued: number; running: number };
}

export async function countWaitingWork(tx: Queries, projectId: string): Promise<WaitingWork> {
  const [inbox] = await tx.query<WaitingWork["inbox"]>(
    `select count(*) as batches, coalesce(sum(items), 0) as items, min(received_at) as "oldestAt"
     from inbox where project_id = $1 and processed_at is null`,
    [projectId],
    "count-inbox",
  );
  const [ledger] = await tx.query<{ n: number }>(
    "select count(*) as n from ledger_queue where project_id = $1",
    [projectId],
  );
  const [runs] = await tx.query<WaitingWork["runs"]>(
    `select count(*) filter (where status = 'queued') as queued,
            count(*) filter (where status = 'running') as running
     from training_runs where project_id = $1 and status in ('queued', 'running')`,
    [projectId],
  );
  return {
    inbox: inbox ?? { batches: 0, items: 0, oldestAt: null },
    ledger: ledger?.n ?? 0,
    runs: runs ?? { queued: 0, running: 0 },
  };
}
