import { TooManyRequests } from "@groundswell/contracts";
import type { FastifyReply } from "fastify";

const WINDOW_MS = 60_000;

export interface RateLimit {
  /**
   * Counts items against a key's minute, and tells the sender what is left of it
   * (draft-ietf-httpapi-ratelimit-headers).
   *
   * @throws TooManyRequests where the minute is used up
   */
  take: (keyId: string, items: number, reply: FastifyReply) => void;
}

/** Counted by each process for itself: it protects this process, and works without Redis. */
export function createRateLimit({
  perMinute,
  clock,
}: {
  perMinute: number;
  clock: () => number;
}): RateLimit {
  const used = new Map<string, number>();
  const policy = `"default";q=${perMinute};w=${WINDOW_MS / 1_000}`;
  let windowEndsAt = 0;

  return {
    take(keyId, items, reply) {
      const now = clock();
      if (now >= windowEndsAt) {
        used.clear();
        windowEndsAt = now + WINDOW_MS;
      }
      const before = used.get(keyId) ?? 0;
      // Whoever has anything left may use it for a whole request: no batch is too big for every minute.
      const refused = before >= perMinute;
      const after = refused ? before : before + items;
      used.set(keyId, after);
      const seconds = Math.ceil((windowEndsAt - now) / 1_000);
      reply.header("RateLimit-Policy", policy);
      reply.header("RateLimit", `"default";r=${Math.max(0, perMinute - after)};t=${seconds}`);
      if (refused)
        throw new TooManyRequests(`this key may post ${perMinute} items a minute`, {
          retryAfter: seconds,
        });
    },
  };
}
