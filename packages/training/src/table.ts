import type { TouchedRows } from "@groundswell/autograd";

/** A table and its optimiser's slots in plain memory. */
export interface Table {
  readonly name: string;
  /** The table itself. */
  readonly values: Float32Array<ArrayBuffer>;
  /** What a step on these rows is handed: it writes into buffers that the next call uses again. */
  touched(rows: Int32Array | undefined): TouchedRows;
  /** Copies what the step made of them back. */
  scatter(rows: Int32Array | undefined): void;
}

/** @param arrays the parameter, then its slots, each `[rows, width]` */
export function openTable(
  name: string,
  arrays: readonly Float32Array<ArrayBuffer>[],
  rowCount: number,
): Table {
  const [values] = arrays;
  if (!values) throw new RangeError(`Table "${name}" has no values`);
  const width = values.length / rowCount;
  let next: Float32Array[] = [];

  const makeRoom = (count: number) => {
    if ((next[0]?.length ?? 0) >= count * width) return;
    next = arrays.map(() => new Float32Array(Math.ceil(1.5 * count) * width));
  };

  return {
    name,
    values,
    touched(rows = new Int32Array(0)) {
      makeRoom(rows.length);
      return { rows, table: arrays, next };
    },
    scatter(rows = new Int32Array(0)) {
      for (const [i, array] of arrays.entries()) {
        const from = next[i];
        if (from) scatterRows(array, rows, width, from);
      }
    },
  };
}

/** Rows of `table` one after another. */
export function gatherRows(
  table: Float32Array,
  rows: Int32Array,
  width: number,
  into: Float32Array = new Float32Array(rows.length * width),
): Float32Array {
  const [from, to] = width % WORDS === 0 ? [wordsOf(table), wordsOf(into)] : [];
  if (from && to) gatherWords(from, rows, width / 2, to);
  else gatherFloats(table, rows, width, into);
  return into;
}

export function scatterRows(
  table: Float32Array,
  rows: Int32Array,
  width: number,
  from: Float32Array,
): void {
  const [to, source] = width % WORDS === 0 ? [wordsOf(table), wordsOf(from)] : [];
  if (to && source) scatterWords(to, rows, width / 2, source);
  else scatterFloats(table, rows, width, from);
}

/** Floats that are moved in one turn of the loops over words. */
const WORDS = 8;

/**
 * Two floats at a time, which is what the loops below wait for. Moved and never computed
 * with, so their bits stay as they are. Undefined where the floats don't lie for it.
 */
function wordsOf({ buffer, byteOffset, length }: Float32Array): Float64Array | undefined {
  return byteOffset % 8 === 0 ? new Float64Array(buffer, byteOffset, length >> 1) : undefined;
}

function gatherWords(table: Float64Array, rows: Int32Array, width: number, into: Float64Array) {
  let to = 0;
  for (const row of rows) {
    const end = (row + 1) * width;
    for (let from = row * width; from < end; from += 4, to += 4) {
      into[to] = table[from] as number;
      into[to + 1] = table[from + 1] as number;
      into[to + 2] = table[from + 2] as number;
      into[to + 3] = table[from + 3] as number;
    }
  }
}

function scatterWords(table: Float64Array, rows: Int32Array, width: number, from: Float64Array) {
  let at = 0;
  for (const row of rows) {
    const end = (row + 1) * width;
    for (let to = row * width; to < end; to += 4, at += 4) {
      table[to] = from[at] as number;
      table[to + 1] = from[at + 1] as number;
      table[to + 2] = from[at + 2] as number;
      table[to + 3] = from[at + 3] as number;
    }
  }
}

function gatherFloats(table: Float32Array, rows: Int32Array, width: number, into: Float32Array) {
  let to = 0;
  for (const row of rows) {
    const from = row * width;
    for (let i = 0; i < width; i++) into[to + i] = table[from + i] as number;
    to += width;
  }
}

function scatterFloats(table: Float32Array, rows: Int32Array, width: number, from: Float32Array) {
  let at = 0;
  for (const row of rows) {
    const to = row * width;
    for (let i = 0; i < width; i++) table[to + i] = from[at + i] as number;
    at += width;
  }
}
