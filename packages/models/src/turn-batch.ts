export interface TurnBatchOptions {
  /** Items of a batch at most. */
  most: number;
  /** Batches that may be under way at once: while they are, the next one waits, and grows. */
  inFlight: number;
}

interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (reason: unknown) => void;
}

/**
 * What is asked within one turn of the event loop, or while other batches are under way, is run as
 * one batch: no timer, and no waiting where there is one request. `run` answers one result for
 * each item, in order; when it rejects, every item of that batch does.
 */
export function turnBatch<T, R>(
  run: (items: T[]) => Promise<R[]>,
  { most, inFlight }: TurnBatchOptions,
): (item: T) => Promise<R> {
  const waiting: Waiting<T, R>[] = [];
  let flying = 0;
  let planned = false;

  const plan = () => {
    if (planned || waiting.length === 0 || flying >= inFlight) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      launch();
    });
  };
  const launch = () => {
    while (waiting.length > 0 && flying < inFlight) void fly(waiting.splice(0, most));
  };
  const fly = async (batch: Waiting<T, R>[]) => {
    flying += 1;
    await settle(run, batch);
    flying -= 1;
    launch();
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      plan();
    });
}

async function settle<T, R>(
  run: (items: T[]) => Promise<R[]>,
  batch: readonly Waiting<T, R>[],
): Promise<void> {
  try {
    const results = await run(batch.map(({ item }) => item));
    if (results.length !== batch.length)
      throw new Error(`${results.length} results for a batch of ${batch.length}`);
    for (const [i, { resolve }] of batch.entries()) resolve(results[i] as R);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
