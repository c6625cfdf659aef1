import type { TouchedRows } from "@groundswell/autograd";

/** A table and its optimiser's slots in plain memory. */
export interface Table {
  readonly name: string;
  /** The table itself. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Copies these rows out, into buffers that the next call uses again. */
  gather(rows: Int32Array | undefined): TouchedRows;
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
  let now: Float32Array[] = [];
  let next: Float32Array[] = [];

  const makeRoom = (count: number) => {
    if ((now[0]?.length ?? 0) >= count * width) return;
    const room = () => arrays.map(() => new Float32Array(Math.ceil(1.5 * count) * width));
    now = room();
    next = room();
  };

  return {
    name,
    values,
    gather(rows = new Int32Array(0)) {
      makeRoom(rows.length);
      for (const [i, array] of arrays.entries()) gatherRows(array, rows, width, now[i]);
      return { count: rows.length, now, next };
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
  let to = 0;
  for (const row of rows) {
    const from = row * width;
    for (let i = 0; i < width; i++) into[to + i] = table[from + i] as number;
    to += width;
  }
  return into;
}

export function scatterRows(
  table: Float32Array,
  rows: Int32Array,
  width: number,
  from: Float32Array,
): void {
  let at = 0;
  for (const row of rows) {
    const to = row * width;
    for (let i = 0; i < width; i++) table[to + i] = from[at + i] as number;
    at += width;
  }
}
