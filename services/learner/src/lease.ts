import { type Database, type LearnerHold, renewModel } from "@groundswell/db";

/** A model that is held, and held on to. */
export interface Lease {
  /** False once another learner may have the model. Judged by this process's own clock too, which goes on while the process stands still. */
  isHeld: () => boolean;
  /** Ends the renewals. */
  close: () => void;
}

interface LeaseOptions {
  database: Database;
  hold: LearnerHold;
  leaseMs: number;
  /** Told once, when the model is lost. */
  onLost: (why: string) => void;
}

const RENEWALS_A_LEASE = 3;

/** @param takenAt of `performance.now()`, before the lease was asked for */
export function keepLease(
  { database, hold, leaseMs, onLost }: LeaseOptions,
  takenAt: number,
): Lease {
  let heldUntil = takenAt + leaseMs;
  let closed = false;
  let lost = false;

  const lose = (why: string) => {
    if (lost || closed) return;
    lost = true;
    onLost(why);
  };
  const renew = async () => {
    const asked = performance.now();
    try {
      if (await renewModel(database, hold, leaseMs)) heldUntil = asked + leaseMs;
      else lose("another learner has taken it");
    } catch (error) {
      // The database is away: the lease holds until it runs out.
      if (performance.now() > heldUntil) lose(`the lease ran out: ${String(error)}`);
    }
  };
  const timer = setInterval(() => void renew(), leaseMs / RENEWALS_A_LEASE);

  return {
    isHeld: () => !lost && performance.now() < heldUntil,
    close() {
      closed = true;
      clearInterval(timer);
    },
  };
}
