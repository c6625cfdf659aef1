/** Numbers that look random and follow from a seed. */
export interface Random {
  /** A whole number from 0 to `below` − 1. */
  readonly below: (below: number) => number;
  readonly chance: (probability: number) => boolean;
  /** @throws RangeError for an empty list */
  readonly pick: <T>(from: readonly T[]) => T;
}

/** mulberry32, by Tommy Ettinger: 32 bits of state, good enough to choose mutations with. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  function unit(): number {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), 61 | bits);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
  const below = (bound: number): number => Math.floor(unit() * bound);
  return {
    below,
    chance: (probability) => unit() < probability,
    pick: (from) => {
      const index = below(from.length);
      if (index >= from.length) throw new RangeError("Nothing to pick from");
      return from[index] as (typeof from)[number];
    },
  };
}
