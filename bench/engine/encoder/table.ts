import { normal, randomStream, type TouchedRows } from "@groundswell/autograd";

/** The vectors of all pieces and what Adam knows of them, of which a step changes the rows it needs. */
export interface PieceTable {
  readonly width: number;
  /** These rows, copied out. */
  rows(ids: Int32Array): Float32Array<ArrayBuffer>;
  /** These rows, for a step to change. */
  touch(ids: Int32Array): TouchedRows;
  /** Puts what the step made of the rows in their places. */
  put(touched: TouchedRows): void;
}

/** @param index the table's place among the parameters: its draws are its own */
export function createPieceTable(
  size: { readonly rows: number; readonly width: number; readonly slots: number },
  deviation: number,
  seed: number,
  index: number,
): PieceTable {
  const { rows, width, slots } = size;
  const values = normal(deviation)([rows, width], randomStream(seed), index);
  const table = [values, ...Array.from({ length: slots }, () => new Float32Array(rows * width))];
  return {
    width,
    rows(ids) {
      const copied = new Float32Array(ids.length * width);
      for (const [i, id] of ids.entries()) {
        copied.set(values.subarray(id * width, (id + 1) * width), i * width);
      }
      return copied;
    },
    touch: (ids) => ({
      rows: ids,
      table,
      next: table.map(() => new Float32Array(ids.length * width)),
    }),
    put({ rows: ids, next }) {
      for (const [k, array] of table.entries()) {
        for (const [i, id] of ids.entries()) {
          array.set(next[k]?.subarray(i * width, (i + 1) * width) ?? [], id * width);
        }
      }
    },
  };
}
