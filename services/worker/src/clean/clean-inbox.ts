import { groupCommit } from "@groundswell/bootstrap";
import {
  buryInbox,
  countAttempt,
  type Database,
  isUnavailable,
  readInbox,
  type Queries,
} from "@groundswell/db";
import type { Teaching } from "@groundswell/feedback";
import { cleanInbox as cleanInboxJob } from "@groundswell/queue";

import { readBatch } from "./read-batch.ts";
import { writeBatch, type Written } from "./write-batch.ts";

/** Rows of the inbox to be cleaned together. */
interface CleanRequest {
  inboxIds: number[];
  items: number;
}

export interface CleanerDeps {
  database: Database;
  teaching: Teaching;
  clock: () => Date;
  newId: () => string;
  /** Called after each commit. */
  onCleaned: (written: Written) => void;
  /** Called for a row that failed for a reason of its own. */
  onFailed: (failure: { inboxId: number; attempts: number; dead: boolean; error: unknown }) => void;
}

export interface Cleaner {
  /** Resolves when the rows are processed, or counted as failed; rejects where trying again may help. */
  clean: (request: CleanRequest) => Promise<void>;
  /** Requests that wait or are under way. */
  pending: () => number;
  close: () => Promise<void>;
}

/** Of one transaction: more makes others wait for its locks, fewer costs more of them. */
const MOST_ITEMS = 2_000;
const LANES = 2;
const MOST_ATTEMPTS = 6;
const MOST_PENDING = 10_000;

/** Cleans rows of the inbox: whatever waits meanwhile is merged into the next transactions. */
export function createCleaner(deps: CleanerDeps): Cleaner {
  const merging = groupCommit<CleanRequest, undefined>(
    async (requests) => {
      const ids = new Set(requests.flatMap((request) => request.inboxIds));
      await cleanOrBisect(deps, [...ids]);
      return requests.map(() => undefined);
    },
    {
      most: MOST_ITEMS,
      mostBytes: MOST_ITEMS,
      sizeOf: (request) => request.items,
      lingerMs: 0,
      inFlight: LANES,
      mostPending: MOST_PENDING,
    },
  );
  return { clean: merging.add, pending: merging.pending, close: merging.close };
}

async function cleanOrBisect(deps: CleanerDeps, inboxIds: number[]): Promise<void> {
  try {
    deps.onCleaned(await cleanRows(deps, inboxIds));
  } catch (error) {
    if (isPassing(error)) throw error;
    const [only, ...others] = inboxIds;
    if (only === undefined) return;
    if (others.length === 0) await countFailure(deps, only, error);
    // One of them is to blame: alone, each of the others succeeds.
    else for (const inboxId of inboxIds) await cleanOrBisect(deps, [inboxId]);
  }
}

async function cleanRows(deps: CleanerDeps, inboxIds: number[]): Promise<Written> {
  const { database, teaching, clock } = deps;
  // Reading, inflating and parsing hold no lock: nobody waits for them.
  const batch = readBatch(await readInbox(database, inboxIds));
  const write = (tx: Queries) => writeBatch(tx, batch, { teaching, now: clock() });
  try {
    return await database.transaction(write);
  } catch (error) {
    // PostgreSQL breaks a circle of waiting transactions by failing one of them.
    if (stateOf(error) === DEADLOCK) return database.transaction(write);
    throw error;
  }
}

async function countFailure(deps: CleanerDeps, inboxId: number, error: unknown): Promise<void> {
  const { database, clock, newId } = deps;
  const attempts = await countAttempt(database, inboxId);
  const dead = attempts >= MOST_ATTEMPTS;
  if (dead)
    await database.transaction((tx) =>
      buryInbox(tx, {
        inboxId,
        deadLetterId: newId(),
        queue: cleanInboxJob.name,
        reason: error instanceof Error ? error.message : String(error),
        now: clock(),
      }),
    );
  deps.onFailed({ inboxId, attempts, dead, error });
}

const DEADLOCK = "40P01";
/** Conflicts between transactions, and locks that were not had in time (PostgreSQL, appendix A). */
const CONFLICT = /^(40|55)\w{3}$/;

function stateOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** Whether an error says nothing about the batch: the same may work in a moment. */
const isPassing = (error: unknown) => isUnavailable(error) || CONFLICT.test(stateOf(error));
