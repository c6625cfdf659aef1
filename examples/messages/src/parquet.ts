import { Worker } from "node:worker_threads";

import { type Table, UnusableFile } from "./table.ts";

/** From the thread that reads. */
export type ParquetAnswer =
  | { ok: true; columns: string[]; rows: string[][] }
  | { ok: false; reason: string };

const WITHIN_MS = 30_000;
const MOST_MIB = 1_024;

/**
 * Reads the columns of a Parquet file that are texts or numbers. In a thread of its own, with an end
 * to its memory and its time: the sizes that such a file states of itself may be anything.
 *
 * @throws UnusableFile for one that is damaged, or packed in a way that can't be read
 */
export async function readParquet(
  bytes: Uint8Array,
  file: string,
  withinMs = WITHIN_MS,
): Promise<Table> {
  const answer = await readInThread(bytes, withinMs);
  if (!answer.ok) throw new UnusableFile(`${file} can't be read as Parquet: ${answer.reason}`);
  return {
    columns: answer.columns,
    records: answer.rows.map((cells, index) => ({ where: `row ${index + 1}`, cells })),
    unreadable: [],
  };
}

async function readInThread(bytes: Uint8Array, withinMs: number): Promise<ParquetAnswer> {
  const worker = new Worker(new URL("./parquet-thread.ts", import.meta.url), {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: MOST_MIB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ParquetAnswer>((resolve) => {
      worker.once("message", resolve);
      worker.once("error", ({ message }: Error) => resolve({ ok: false, reason: message }));
      timer = setTimeout(
        () => resolve({ ok: false, reason: `it took longer than ${withinMs / 1_000} s` }),
        withinMs,
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
