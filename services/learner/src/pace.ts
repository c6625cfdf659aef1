import type { Pace } from "@groundswell/contracts";

/** How often a model learns and says so. */
export interface Rhythm {
  /** How long what is new waits for more of it: a step costs nearly the same for one example as for sixteen. */
  lingerMs: number;
  /** Between two publications, at least. */
  publishEveryMs: number;
}

const RHYTHMS: Record<Pace, Rhythm | undefined> = {
  calm: { lingerMs: 50, publishEveryMs: 100 },
  eager: { lingerMs: 0, publishEveryMs: 0 },
  off: undefined,
};

/** Undefined: such a model doesn't learn. */
export const rhythmOf = (pace: Pace): Rhythm | undefined => RHYTHMS[pace];

/** A wake-up often comes before its row can be seen: then look again soon, and less and less often. */
const FIRST_LOOK_MS = 1;
const LAST_LOOK_MS = 100;
/** Wake-ups may be lost. */
const IDLE_LOOK_MS = 1_000;

/** When to look after a look that found nothing. */
export interface LookAgain {
  /** Somebody said that there is something. */
  woken(): void;
  /** Milliseconds to wait. */
  next(): number;
}

export function createLookAgain(): LookAgain {
  let waitMs = IDLE_LOOK_MS;
  return {
    woken() {
      waitMs = FIRST_LOOK_MS;
    },
    next() {
      const now = waitMs;
      waitMs = now > LAST_LOOK_MS ? IDLE_LOOK_MS : now * 2;
      return Math.min(now, IDLE_LOOK_MS);
    },
  };
}
