import { Busy } from "@groundswell/contracts";

export interface Bounded {
  /** Runs `work` when fewer than `atOnce` are running. @throws Busy where too many wait already */
  run: <T>(work: () => Promise<T>) => Promise<T>;
  waiting: () => number;
}

/** Lets a few run at once and a bounded number wait, in order. */
export function bounded({ atOnce, mostWaiting }: { atOnce: number; mostWaiting: number }): Bounded {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    async run(work) {
      if (running >= atOnce) {
        if (queue.length >= mostWaiting)
          throw new Busy(`${queue.length} requests wait already: try again`, { retryAfter: 1 });
        await new Promise<void>((turn) => queue.push(turn));
      } else running += 1;
      try {
        return await work();
      } finally {
        const next = queue.shift();
        // The place passes on: a newcomer can't slip in between.
        if (next) next();
        else running -= 1;
      }
    },
    waiting: () => queue.length,
  };
}
