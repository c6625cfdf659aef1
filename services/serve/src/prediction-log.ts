import { groupCommit } from "@groundswell/bootstrap";
import { Busy } from "@groundswell/contracts";
import type { LoggedPrediction } from "@groundswell/db";

export interface PredictionLogOptions {
  /** @returns whether each row was stored; false where its id was taken */
  insert: (rows: LoggedPrediction[]) => Promise<boolean[]>;
  /** Whether an insert that failed with this may succeed later. */
  maySucceedLater: (error: unknown) => boolean;
  /** Predictions that may wait before answers wait for them. */
  mostPending: number;
  /** How long predictions that were answered already are tried again to be stored. */
  retryForMs: number;
  clock: () => number;
  delay: (ms: number) => Promise<void>;
  /** Answered, and never stored: feedback on them will be unmatched. */
  onLost: (rows: number, error: unknown) => void;
}

/** Where predictions go, in commit groups. */
export interface PredictionLog {
  /**
   * Stores before the answer. Resolves to whether it was stored; false where its id was taken.
   * @throws Busy where it can't be stored now
   */
  before: (row: LoggedPrediction) => Promise<boolean>;
  /**
   * Stores after the answer: resolves as soon as there is room to wait, to a promise that is
   * kept when the row is stored or lost.
   * @throws Busy where there is no room
   */
  after: (row: LoggedPrediction) => Promise<{ settled: Promise<void> }>;
  pending: () => number;
  /** Resolves when everything is stored or given up. */
  close: () => Promise<void>;
}

type Outcome = "stored" | "taken" | { refused: unknown };

const GROUP = { most: 500, lingerMs: 0, inFlight: 2 };
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = 1_000;
/** An answer waits so long for room, then says that the server is busy. */
const ROOM_WITHIN_MS = 2_000;

export function createPredictionLog(options: PredictionLogOptions): PredictionLog {
  const { mostPending, maySucceedLater, onLost, delay, clock } = options;
  const room = waitingRoom();
  const beforeAnswers = groupCommit((rows: LoggedPrediction[]) => insertApart(rows, options), {
    ...GROUP,
    mostPending,
  });
  const afterAnswers = groupCommit(
    (rows: LoggedPrediction[]) => insertAtLast(rows, options).finally(room.tell),
    { ...GROUP, mostPending },
  );

  return {
    async before(row) {
      const outcome = await beforeAnswers.add(row).catch((cause: unknown) => {
        if (!maySucceedLater(cause)) throw cause;
        throw new Busy("Predictions can't be stored at the moment", { cause, retryAfter: 1 });
      });
      if (typeof outcome === "object") throw outcome.refused;
      return outcome === "stored";
    },
    async after(row) {
      const until = clock() + ROOM_WITHIN_MS;
      while (afterAnswers.pending() >= mostPending) {
        if (clock() >= until)
          throw new Busy(`${mostPending} predictions wait to be stored`, { retryAfter: 1 });
        await Promise.race([room.wait(), delay(until - clock())]);
      }
      const settled = afterAnswers.add(row).then(
        (outcome) => {
          if (typeof outcome === "object") onLost(1, outcome.refused);
        },
        (error: unknown) => onLost(1, error),
      );
      return { settled };
    },
    pending: () => beforeAnswers.pending() + afterAnswers.pending(),
    async close() {
      await Promise.all([beforeAnswers.close(), afterAnswers.close()]);
    },
  };
}

/** Tries again while PostgreSQL is away, for a while. */
async function insertAtLast(
  rows: LoggedPrediction[],
  options: PredictionLogOptions,
): Promise<Outcome[]> {
  const { maySucceedLater, retryForMs, clock, delay } = options;
  const until = clock() + retryForMs;
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, MOST_RETRY_MS)) {
    try {
      return await insertApart(rows, options);
    } catch (error) {
      if (!maySucceedLater(error) || clock() + waitMs >= until) throw error;
      await delay(waitMs);
    }
  }
}

/** A group that PostgreSQL refuses for one of its rows goes in row by row: its neighbours are stored. */
async function insertApart(
  rows: LoggedPrediction[],
  { insert, maySucceedLater }: PredictionLogOptions,
): Promise<Outcome[]> {
  const outcomeOf = (stored: boolean | undefined) => (stored ? "stored" : "taken");
  try {
    return (await insert(rows)).map(outcomeOf);
  } catch (error) {
    if (maySucceedLater(error)) throw error;
  }
  const outcomes: Outcome[] = [];
  for (const row of rows)
    try {
      outcomes.push(...(await insert([row])).map(outcomeOf));
    } catch (refused) {
      if (maySucceedLater(refused)) throw refused;
      outcomes.push({ refused });
    }
  return outcomes;
}

/** Wakes everybody who waits. */
function waitingRoom(): { wait: () => Promise<void>; tell: () => void } {
  let waiting: PromiseWithResolvers<void> | undefined;
  return {
    wait: () => (waiting ??= Promise.withResolvers<void>()).promise,
    tell: () => {
      waiting?.resolve();
      waiting = undefined;
    },
  };
}
