import { randomFillSync } from "node:crypto";

const SEQUENCE_BITS = 12n;
const SEQUENCE_MASK = (1n << SEQUENCE_BITS) - 1n;
const RANDOM_BYTES = 8;
const POOL = 512 * RANDOM_BYTES;

/**
 * Makes UUIDs of version 7 (RFC 9562 §5.7, method 1 of §6.2): 48 bits of milliseconds, a counter of 12 bits,
 * 62 random bits. Ids of one generator grow, also within a millisecond and when the clock goes
 * back; more than 4,096 in a millisecond borrow from the next one.
 */
export function uuid7Generator(clock: () => number): () => string {
  const pool = Buffer.allocUnsafe(POOL);
  let used = POOL;
  let last = -1n;

  return () => {
    if (used === POOL) {
      randomFillSync(pool);
      used = 0;
    }
    const now = BigInt(clock()) << SEQUENCE_BITS;
    last = now > last ? now : last + 1n;
    const random = pool.readBigUInt64BE(used);
    used += RANDOM_BYTES;
    const high = ((last >> SEQUENCE_BITS) << 16n) | 0x7000n | (last & SEQUENCE_MASK);
    const low = (random & 0x3fff_ffff_ffff_ffffn) | 0x8000_0000_0000_0000n;
    const hex = high.toString(16).padStart(16, "0") + low.toString(16).padStart(16, "0");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}

/** Milliseconds since 1970 inside a UUID of version 7. */
export function uuid7Time(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
