/** Reads one Parquet file, and answers its rows. */
import { parentPort, workerData } from "node:worker_threads";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";

import {
  type Compressors,
  parquetMetadata,
  parquetReadObjects,
  parquetSchema,
  snappyUncompress,
} from "hyparquet";

import { cellOf } from "./ndjson.ts";
import type { ParquetAnswer } from "./parquet.ts";
import { MOST_BYTES } from "./unpack.ts";

/** More than a story plays. */
const MOST_ROWS = 1_000_000;
/** Of a page, unpacked. */
const MOST_PAGE = MOST_BYTES;

const within = (size: number) => {
  if (!(size >= 0 && size <= MOST_PAGE)) throw new Error(`a page states a size of ${size} bytes`);
  return { maxOutputLength: Math.max(1, size) };
};

const compressors: Compressors = {
  SNAPPY: (input, size) => {
    within(size);
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input, size) => new Uint8Array(gunzipSync(input, within(size))),
  BROTLI: (input, size) => new Uint8Array(brotliDecompressSync(input, within(size))),
  ZSTD: (input, size) => new Uint8Array(zstdDecompressSync(input, within(size))),
};

async function read(bytes: Uint8Array): Promise<ParquetAnswer> {
  const buffer = bytes.slice().buffer as ArrayBuffer;
  const metadata = parquetMetadata(buffer);
  // What is nested has no one value a row.
  const columns = parquetSchema(metadata)
    .children.filter(({ children }) => children.length === 0)
    .map(({ element }) => element.name);
  const unpacked = metadata.row_groups.reduce(
    (sum, group) => sum + Number(group.total_byte_size),
    0,
  );
  const file = {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => buffer.slice(start, end),
  };
  if (!(unpacked <= 16 * MOST_BYTES))
    return { ok: false, reason: `it states ${unpacked} bytes, unpacked` };
  const rowEnd = Math.min(MOST_ROWS, Number(metadata.num_rows));
  const objects = await parquetReadObjects({ file, metadata, columns, compressors, rowEnd });
  return {
    ok: true,
    columns,
    rows: objects.map((row) => columns.map((name) => cellOf(row[name]))),
  };
}

const answer = await read(workerData as Uint8Array).catch((error: unknown) => ({
  ok: false as const,
  reason: `it is damaged, or written in a way that isn't known (${error instanceof Error ? error.message : String(error)})`,
}));
parentPort?.postMessage(answer satisfies ParquetAnswer);
