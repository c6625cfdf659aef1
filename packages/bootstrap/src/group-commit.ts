export interface GroupCommitOptions<T> {
  /** Items of a group at most. */
  most: number;
  /** How long the first item of a group waits for others while nothing is in flight. */
  lingerMs: number;
  /** Groups that may be in flight at once. */
  inFlight: number;
  /** Items that may wait; one more is refused. */
  mostPending: number;
  /** Bytes of a group at most, by `sizeOf`; a single larger item makes a group of its own. */
  mostBytes?: number;
  sizeOf?: (item: T) => number;
}

export interface GroupCommit<T, R> {
  /** Resolves when the group of the item is committed; rejects with `GroupsFull` when too many wait. */
  add: (item: T) => Promise<R>;
  /** Items that wait or are in flight. */
  pending: () => number;
  /** Commits what waits; adds nothing more. */
  close: () => Promise<void>;
}

/** Back-pressure: an error that a route may throw on as it is. */
export class GroupsFull extends Error {
  override readonly name = "GroupsFull";
  readonly code = "BUSY";
  readonly statusCode = 503;
  readonly retryAfter = 1;

  constructor(waiting: number) {
    super(`${waiting} items wait to be stored: try again in a second`);
  }
}

interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (reason: unknown) => void;
}

/**
 * Many small writes as few transactions: while groups are in flight, all that arrives
 * forms the next one, so that the groups grow with the load and an idle system waits only
 * for `lingerMs`. `commit` answers one result for each item, in order; when it rejects,
 * every item of that group does, and no other.
 */
export function groupCommit<T, R>(
  commit: (items: T[]) => Promise<R[]>,
  options: GroupCommitOptions<T>,
): GroupCommit<T, R> {
  const queue = createQueue<T, R>(options);
  let flying = 0;
  let committing = 0;
  let cancelLinger: (() => void) | undefined;
  let closed: PromiseWithResolvers<void> | undefined;

  const launch = () => {
    cancelLinger?.();
    cancelLinger = undefined;
    while (queue.length() > 0 && flying < options.inFlight) void fly(queue.takeGroup());
    if (closed && queue.length() === 0 && flying === 0) closed.resolve();
  };
  const fly = async (group: Waiting<T, R>[]) => {
    flying += 1;
    committing += group.length;
    await settle(commit, group);
    flying -= 1;
    committing -= group.length;
    launch();
  };

  return {
    add: (item) => {
      if (closed) return Promise.reject(new Error("closed: nothing more is committed"));
      if (queue.length() >= options.mostPending)
        return Promise.reject(new GroupsFull(queue.length()));
      const { promise, resolve, reject } = Promise.withResolvers<R>();
      queue.push({ item, resolve, reject });
      if (flying < options.inFlight) {
        if (queue.isFull()) launch();
        else cancelLinger ??= after(options.lingerMs, launch);
      }
      return promise;
    },
    pending: () => queue.length() + committing,
    close: () => {
      closed ??= Promise.withResolvers<void>();
      launch();
      return closed.promise;
    },
  };
}

async function settle<T, R>(
  commit: (items: T[]) => Promise<R[]>,
  group: Waiting<T, R>[],
): Promise<void> {
  try {
    const results = await commit(group.map(({ item }) => item));
    if (results.length !== group.length)
      throw new Error(`${results.length} results for a group of ${group.length}`);
    for (const [i, { resolve }] of group.entries()) resolve(results[i] as R);
  } catch (error) {
    for (const { reject } of group) reject(error);
  }
}

function createQueue<T, R>({ most, mostBytes = Infinity, sizeOf }: GroupCommitOptions<T>) {
  const waiting: Waiting<T, R>[] = [];
  let bytes = 0;
  const size = (item: T) => sizeOf?.(item) ?? 0;
  return {
    length: () => waiting.length,
    isFull: () => waiting.length >= most || bytes >= mostBytes,
    push: (one: Waiting<T, R>) => {
      waiting.push(one);
      bytes += size(one.item);
    },
    takeGroup: (): Waiting<T, R>[] => {
      let taken = 0;
      let count = 0;
      for (const { item } of waiting) {
        if (count === most || (count > 0 && taken + size(item) > mostBytes)) break;
        taken += size(item);
        count += 1;
      }
      bytes -= taken;
      return waiting.splice(0, count);
    },
  };
}

/** Without a linger a group is what arrived in one turn of the event loop; a timer would take 1 ms. */
function after(ms: number, run: () => void): () => void {
  if (ms > 0) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }
  const turn = setImmediate(run);
  return () => clearImmediate(turn);
}
