import { sizeOf } from "@groundswell/onnx";
import type { Window } from "@groundswell/onnx";

/** The pixels of a picture, and in which order their rows come. */
export interface Pixels {
  /** Sizes of the picture's axes. */
  readonly sizes: readonly number[];
  /**
   * Null where pixels come in their natural order, the last axis fastest. Else the window of
   * a pool, which divides the sizes: first all pixels at the first place of their window, then
   * all at the second, and so on.
   */
  readonly window: readonly number[] | null;
}

/** Rows to gather. An index equal to the number of rows there are means a row beyond them. */
export interface RowTable {
  readonly index: readonly number[];
  /** How many rows make one. */
  readonly width: number;
  /** True where the row beyond is among them. */
  readonly beyond: boolean;
}

/** Positions along each axis of every entry of a grid, the last axis fastest. */
function grid(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}

const flat = (at: readonly number[], sizes: readonly number[]): number =>
  at.reduce((sum, position, axis) => sum * (sizes[axis] ?? 1) + position, 0);

/** Positions of the pixels, in the order of their rows. */
function placesOf({ sizes, window }: Pixels): number[][] {
  if (window === null) return grid(sizes);
  const cells = grid(sizes.map((size, axis) => size / (window[axis] ?? 1)));
  return grid(window).flatMap((place) =>
    cells.map((cell) => cell.map((at, axis) => at * (window[axis] ?? 1) + (place[axis] ?? 0))),
  );
}

/** Which row holds a pixel, by the pixel's natural number. */
function rowsOf(pixels: Pixels): number[] {
  const rows = Array.from({ length: sizeOf(pixels.sizes) }, () => 0);
  for (const [row, at] of placesOf(pixels).entries()) rows[flat(at, pixels.sizes)] = row;
  return rows;
}

const inside = (at: readonly number[], sizes: readonly number[]): boolean =>
  at.every((position, axis) => position >= 0 && position < (sizes[axis] ?? 0));

function tableOf(index: readonly number[], width: number, rows: number): RowTable {
  return { index, width, beyond: index.includes(rows) };
}

/** For every row of `to`, the rows of `from` that lie under the windows' entries there. */
export function unfolding(from: Pixels, to: Pixels, windows: readonly Window[]): RowTable {
  const rows = rowsOf(from);
  const entries = grid(windows.map(({ kernel }) => kernel));
  const index = placesOf(to).flatMap((at) =>
    entries.map((entry) => {
      const under = at.map((position, axis) => {
        const { stride = 1, before = 0, dilation = 1 } = windows[axis] ?? {};
        return position * stride - before + (entry[axis] ?? 0) * dilation;
      });
      return inside(under, from.sizes) ? (rows[flat(under, from.sizes)] ?? 0) : rows.length;
    }),
  );
  return tableOf(index, entries.length, rows.length);
}

/**
 * The other way round: for every row of `from`, the rows of `to` that it lies under, one for
 * each entry of the windows. Strides of more than one leave most of them out.
 */
export function unfoldingBack(from: Pixels, to: Pixels, windows: readonly Window[]): RowTable {
  const rows = rowsOf(to);
  const entries = grid(windows.map(({ kernel }) => kernel));
  const index = placesOf(from).flatMap((at) =>
    entries.map((entry) => {
      const over = at.map((position, axis) => {
        const { stride = 1, before = 0, dilation = 1 } = windows[axis] ?? {};
        return (position + before - (entry[axis] ?? 0) * dilation) / stride;
      });
      const there = over.every(Number.isInteger) && inside(over, to.sizes);
      return there ? (rows[flat(over, to.sizes)] ?? 0) : rows.length;
    }),
  );
  return tableOf(index, entries.length, rows.length);
}

/** For every one of `rows` rows, the entries of the table that name it. */
export function inverse({ index }: RowTable, rows: number): RowTable {
  const naming: number[][] = Array.from({ length: rows }, () => []);
  for (const [entry, row] of index.entries()) naming[row]?.push(entry);
  const width = Math.max(1, ...naming.map((entries) => entries.length));
  const padded = naming.flatMap((entries) =>
    Array.from({ length: width }, (_, i) => entries[i] ?? index.length),
  );
  return tableOf(padded, width, index.length);
}

/** The same rows, each window's first ones first: [width, …] instead of […, width]. */
export function byEntry({ index, width, beyond }: RowTable): RowTable {
  const count = index.length / width;
  const ordered = Array.from({ length: index.length }, (_, i) => {
    const [entry, row] = [Math.floor(i / count), i % count];
    return index[row * width + entry] ?? 0;
  });
  return { index: ordered, width: 1, beyond };
}

/** For every row of `to`, the one row of `from` that holds the same pixel. */
export const reordering = (from: Pixels, to: Pixels): RowTable =>
  unfolding(
    from,
    to,
    from.sizes.map(() => ({ kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 })),
  );

export const isIdentity = ({ index }: RowTable, rows: number): boolean =>
  index.length === rows && index.every((row, at) => row === at);
