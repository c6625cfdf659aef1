/**
 * Rows of cells in columns. Cells of numbers stand at the right; the widest cell of each column sets
 * its width.
 */
export function table(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ""))),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => pad(cell, widths[column] ?? 0));
    return `${indent}${cells.join("   ")}`.trimEnd();
  });
}

const NUMBER = /^[+−-]?[\d,.]+( %| ms| s)?$/;

function pad(cell: string, width: number): string {
  const blank = " ".repeat(Math.max(0, width - widthOf(cell)));
  return NUMBER.test(cell) ? blank + cell : cell + blank;
}

const segmenter = new Intl.Segmenter();
/** In characters as people count them. */
const widthOf = (text: string) => [...segmenter.segment(text)].length;
