import type { Queries } from "./database.ts";
import { type Caller, findCaller } from "./stores/projects.ts";

/** Finds out who asks; undefined for a key that isn't valid. */
export type FindCaller = (key: string) => Promise<Caller | undefined>;

export interface FindCallerOptions {
  database: Queries;
  clock: () => number;
  /** How long what was found is believed: so long at most a revoked key goes on working. */
  keepMs?: number;
  /**
   * How long a key that was valid goes on working while it can't be looked up. Then it can't
   * be revoked either.
   */
  staleMs?: number;
}

interface Found {
  caller: Promise<Caller | undefined>;
  at: number;
}

const MOST = 10_000;

/** Looks keys up, and remembers. Requests that ask for one key at once share one look-up. */
export function createFindCaller({
  database,
  clock,
  keepMs = 4_000,
  staleMs = 0,
}: FindCallerOptions): FindCaller {
  const found = new Map<string, Found>();
  return (key) => {
    const now = clock();
    const known = found.get(key);
    if (known && known.at + keepMs > now) return known.caller;
    const caller = findCaller(database, key, new Date(now)).catch(async (error: unknown) => {
      found.delete(key);
      const before = await known?.caller;
      if (!known || !before || known.at + staleMs <= now) throw error;
      found.set(key, known);
      return before;
    });
    if (found.size >= MOST) found.clear();
    found.set(key, { caller, at: now });
    return caller;
  };
}
