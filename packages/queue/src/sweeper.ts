export interface SweeperOptions {
  /** How long to rest after a look that found nothing. */
  restMs: () => number;
  /** @returns true where there may be more to do at once */
  work: () => Promise<boolean>;
  /** Told of a look that failed; the next one is made all the same. */
  onError: (error: unknown) => void;
}

export interface Sweeper {
  /** Looks now, or right after the look under way. */
  wake: () => void;
  /** Waits for the look under way. */
  close: () => Promise<void>;
}

/** Looks again and again for what nobody told us of: a queue in Redis may be lost, PostgreSQL is not. */
export function startSweeper({ restMs, work, onError }: SweeperOptions): Sweeper {
  let closed = false;
  let woken = false;
  let wakeUp: () => void = () => {};

  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs());
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      if (woken || closed) wakeUp();
    });

  const run = async () => {
    while (!closed) {
      woken = false;
      try {
        if (await work()) continue;
      } catch (error) {
        onError(error);
      }
      await rest();
    }
  };
  const running = run();

  return {
    wake: () => {
      woken = true;
      wakeUp();
    },
    close: async () => {
      closed = true;
      wakeUp();
      await running;
    },
  };
}
