import {
  addToTallies,
  type Database,
  expireFeedback,
  findJoinable,
  type Queries,
} from "@groundswell/db";
import { createCounter, tallyBucket, type Teaching } from "@groundswell/feedback";
import { startSweeper, type Sweeper } from "@groundswell/queue";

import { settleAgain } from "./clean/settle-feedback.ts";

export interface RelookDeps {
  database: Database;
  teaching: Teaching;
  clock: () => Date;
  /** How long feedback waits for its prediction before it is given up. */
  unmatchedAfterMs: number;
  onJoined: (models: ReadonlySet<string>) => void;
  onError: (error: unknown) => void;
}

export interface Relook {
  /** Feedback was left waiting just now: its prediction is likely on its way. */
  soon: () => void;
  close: () => Promise<void>;
}

/** A prediction that is logged after its answer comes milliseconds after the first feedback can. */
const FRESH = { everyMs: 20, youngerThanMs: 5_000 };
const RECENT = { everyMs: 1_000, youngerThanMs: 300_000 };
const ALL = { everyMs: 60_000 };
const MOST = 500;
/** Looks take at most a tenth of the time, however much waits: a flood of it must not slow what can be joined. */
const REST_PER_LOOK = 9;

/**
 * Looks again at feedback that waits for its prediction: at what is young very often, at all of it
 * now and then. A feedback and its prediction may commit at the same moment, each without seeing the
 * other: only looking again joins them.
 */
export function startRelook(deps: RelookDeps): Relook {
  let freshUntil = 0;
  const lastAt = { recent: 0, all: 0 };
  const isDue = (what: keyof typeof lastAt, everyMs: number, now: number) => {
    if (now - lastAt[what] < everyMs) return false;
    lastAt[what] = now;
    return true;
  };
  let lookTookMs = 0;
  const sweeper: Sweeper = startSweeper({
    restMs: () => {
      const everyMs = deps.clock().getTime() < freshUntil ? FRESH.everyMs : RECENT.everyMs;
      return Math.max(everyMs, REST_PER_LOOK * lookTookMs);
    },
    onError: deps.onError,
    work: async () => {
      const now = deps.clock().getTime();
      if (isDue("all", ALL.everyMs, now)) {
        await joinSince(deps, 0);
        await giveUp(deps, now);
      } else if (isDue("recent", RECENT.everyMs, now))
        await joinSince(deps, now - RECENT.youngerThanMs);
      else if (now < freshUntil) await joinSince(deps, now - 2 * FRESH.youngerThanMs);
      lookTookMs = deps.clock().getTime() - now;
      return false;
    },
  });
  return {
    soon: () => {
      const rested = deps.clock().getTime() >= freshUntil;
      freshUntil = deps.clock().getTime() + FRESH.youngerThanMs;
      if (rested) sweeper.wake();
    },
    close: sweeper.close,
  };
}

async function joinSince(deps: RelookDeps, sinceMs: number): Promise<void> {
  const { database, teaching, clock } = deps;
  for (;;) {
    const now = clock();
    const keys = await findJoinable(database, {
      receivedFrom: new Date(sinceMs),
      receivedBefore: now,
      most: MOST,
    });
    if (keys.length === 0) return;
    const models = await database.transaction(async (tx) => {
      const counter = createCounter();
      const settled = await settleAgain(tx, keys, { teaching, counter, now });
      await writeTallies(tx, counter, now);
      return settled.models;
    });
    deps.onJoined(models);
    if (keys.length < MOST) return;
  }
}

async function giveUp({ database, clock, unmatchedAfterMs }: RelookDeps, nowMs: number) {
  const receivedBefore = new Date(nowMs - unmatchedAfterMs);
  for (;;) {
    const expired = await database.transaction(async (tx) => {
      const projects = await expireFeedback(tx, { receivedBefore, most: MOST });
      const counter = createCounter();
      for (const projectId of projects) {
        counter.add(projectId, null, "feedback");
        counter.add(projectId, null, "unmatched");
      }
      await writeTallies(tx, counter, clock());
      return projects.length;
    });
    if (expired < MOST) return;
  }
}

async function writeTallies(
  tx: Queries,
  counter: ReturnType<typeof createCounter>,
  now: Date,
): Promise<void> {
  const tallies = counter.tallies();
  if (tallies.length > 0) await addToTallies(tx, tallies, tallyBucket(now));
}
