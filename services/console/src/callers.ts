import { type Caller, type Database, findCaller } from "@groundswell/db";

/** Finds out who asks. */
export type FindCaller = (key: string) => Promise<Caller | undefined>;

interface Found {
  caller: Promise<Caller | undefined>;
  until: number;
}

const MOST = 10_000;

/**
 * Looks keys up, and remembers for `keepMs` what was found: so long at most a revoked key goes on
 * working. Requests that ask for one key at once share one look-up; a failed one isn't remembered.
 */
export function createFindCaller({
  database,
  clock,
  keepMs = 4_000,
}: {
  database: Database;
  clock: () => number;
  keepMs?: number;
}): FindCaller {
  const found = new Map<string, Found>();
  return (key) => {
    const now = clock();
    const known = found.get(key);
    if (known && known.until > now) return known.caller;
    const caller = findCaller(database, key, new Date(now));
    if (found.size >= MOST) found.clear();
    found.set(key, { caller, until: now + keepMs });
    caller.catch(() => found.delete(key));
    return caller;
  };
}
