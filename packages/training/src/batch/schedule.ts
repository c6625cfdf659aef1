/** The learning rate of step `k` (from 0) of `steps`: from `start` down to nearly zero along half a cosine. */
export const cosineRate = (start: number, k: number, steps: number): number =>
  0.5 * start * (1 + Math.cos((Math.PI * k) / steps));

/** Remembers the best epoch so far, and says when waiting for a better one is over. */
export interface EarlyStop {
  /** @returns whether this epoch is the best so far */
  see(epoch: number, loss: number): boolean;
  readonly best: number;
  shouldStop(epoch: number): boolean;
}

export function createEarlyStop(patience: number): EarlyStop {
  let best = 0;
  let least = Infinity;
  return {
    get best() {
      return best;
    },
    see(epoch, loss) {
      if (!(loss < least)) return false;
      least = loss;
      best = epoch;
      return true;
    },
    shouldStop: (epoch) => best > 0 && epoch - best >= patience,
  };
}
