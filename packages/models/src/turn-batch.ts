interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (reason: unknown) => void;
}

/**
 * What is asked within one turn of the event loop is run as one batch: no timer, and no waiting
 * where there is one request. `run` answers one result for each item, in order; when it rejects, every
 * item of that batch does.
 */
export function turnBatch<T, R>(
  run: (items: T[]) => Promise<R[]>,
  { most }: { most: number },
): (item: T) => Promise<R> {
  let turn: Waiting<T, R>[] = [];

  const flush = () => {
    const batch = turn;
    turn = [];
    void settle(run, batch);
  };
  return (item) =>
    new Promise((resolve, reject) => {
      const length = turn.push({ item, resolve, reject });
      if (length === 1) setImmediate(() => turn.length > 0 && flush());
      if (length === most) flush();
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
