import { type Database, renewRun, type RunHold } from "@groundswell/db";

/** Keeps a run ours while we compute, and hears of its end. */
export interface Lease {
  /** Aborted with `cancelled` or `lost` as its reason. */
  signal: AbortSignal;
  /** Ends the work from outside. */
  stop: (why: WhyStopped) => void;
  release: () => Promise<void>;
}

export const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 1_000;

export type WhyStopped = "cancelled" | "lost" | "closing";

export function keepLease(deps: {
  database: Database;
  hold: RunHold;
  clock: () => Date;
  onError: (error: unknown) => void;
}): Lease {
  const { database, hold, clock, onError } = deps;
  const controller = new AbortController();
  const stop = (why: WhyStopped) => controller.abort(why);
  let renewedAt = clock().getTime();

  const renew = async () => {
    try {
      const now = clock().getTime();
      const state = await renewRun(database, hold, new Date(now + LEASE_MS));
      if (!state) return stop("lost");
      renewedAt = now;
      if (state.cancelRequested) stop("cancelled");
    } catch (error) {
      onError(error);
      // PostgreSQL is away: past the lease somebody else may have begun the same run.
      if (clock().getTime() - renewedAt > LEASE_MS) stop("lost");
    }
  };
  let renewing = renew();
  const timer = setInterval(() => {
    renewing = renewing.then(renew);
  }, RENEW_EVERY_MS);
  return {
    signal: controller.signal,
    stop,
    release: async () => {
      clearInterval(timer);
      await renewing;
    },
  };
}
