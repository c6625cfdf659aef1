import { count, type LeftOut, tellLeftOut } from "@groundswell/crowd";

import { type Columns, findColumns } from "./columns.ts";
import { type NamedFile, readTable } from "./read-table.ts";

/** One message and what it is about. */
export interface Row {
  text: string;
  label: string;
}

export interface ReadRows {
  rows: Row[];
  /** What a reader of the result should know. */
  notes: string[];
}

/** The longest text that a text classifier takes, and the longest name of a class. */
const MOST_TEXT = 100_000;
const MOST_LABEL = 256;

/**
 * The messages of a file, and why others were left out.
 *
 * @throws UnusableFile that says what the file has instead of what is needed
 */
export async function readRows(file: NamedFile, columns: Columns): Promise<ReadRows> {
  const { table, notes } = await readTable(file, columns);
  const found = findColumns(table, columns, file.name);
  const rows: Row[] = [];
  const leftOut: LeftOut[] = [...table.unreadable];
  for (const { where, cells } of table.records) {
    const row = { text: tidy(cells[found.text]), label: tidyLabel(cells[found.label]) };
    const why = whyNot(row);
    if (why === undefined) rows.push(row);
    else leftOut.push({ where, why });
  }
  const total = table.records.length + table.unreadable.length;
  return {
    rows,
    notes: [...notes, ...tellLeftOut(leftOut, `${count(total, "row")} of ${file.name}`)],
  };
}

function whyNot({ text, label }: Row): string | undefined {
  if (text === "") return "no text";
  if (label === "") return "no label";
  if (text.length > MOST_TEXT) return `a text of more than ${count(MOST_TEXT, "character")}`;
  return label.length > MOST_LABEL
    ? `a label of more than ${count(MOST_LABEL, "character")}`
    : undefined;
}

/** NUL is not text: neither JSON consumers nor databases take it. */
const tidy = (cell: string | undefined) =>
  (cell ?? "").replaceAll("\u0000", "").trim().toWellFormed();

/** Blanks are not what tells labels apart. */
const tidyLabel = (cell: string | undefined) => tidy(cell).normalize("NFC").replaceAll(/\s+/g, " ");
