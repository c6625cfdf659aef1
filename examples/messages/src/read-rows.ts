import { parse } from "csv-parse/sync";

import { decodeText } from "./decode.ts";

/** One message and what it is about. */
export interface Row {
  text: string;
  label: string;
}

export interface Columns {
  /** Names in the header. */
  text: string;
  label: string;
}

export interface ReadRows {
  rows: Row[];
  /** What a reader of the result should know. */
  notes: string[];
}

const DELIMITERS = [",", ";", "\t"];
/** The longest text that a text classifier takes, and the longest name of a class. */
const MOST_TEXT = 100_000;
const MOST_LABEL = 256;

/**
 * Reads the rows of a CSV file with a header.
 *
 * @param file its name, for messages
 * @throws Error that says what the file has instead of what is needed
 */
export function readRows(bytes: Uint8Array, columns: Columns, file: string): ReadRows {
  const { text, encoding } = decodeText(bytes);
  const table = parseTable(text, columns, file);
  const rows = table
    .map((record) => ({
      text: tidy(record[columns.text]),
      label: tidy(record[columns.label]),
    }))
    .filter(isUsable);
  const left = table.length - rows.length;
  const notes: string[] = [];
  if (encoding !== "utf-8") notes.push(`${file} is read as ${encoding}`);
  if (left > 0)
    notes.push(`${left} of ${table.length} rows of ${file} have no usable text or label: left out`);
  return { rows, notes };
}

function isUsable({ text, label }: Row): boolean {
  const fits = text.length <= MOST_TEXT && label.length <= MOST_LABEL;
  return text !== "" && label !== "" && fits;
}

/** NUL is not text: neither JSON consumers nor databases take it. */
const tidy = (cell: string | undefined) =>
  (cell ?? "").replaceAll("\u0000", "").trim().toWellFormed();

function parseTable(text: string, columns: Columns, file: string): Record<string, string>[] {
  const header = firstLine(text);
  const delimiter = DELIMITERS.find((candidate) => {
    const names = namesOf(header, candidate);
    return names.includes(columns.text) && names.includes(columns.label);
  });
  if (delimiter === undefined) throw new Error(missingColumns(header, columns, file));
  return parse<Record<string, string>>(text, {
    columns: (names: string[]) => names.map((name) => name.trim()),
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
}

const firstLine = (text: string) =>
  text
    .replace(/^\uFEFF/, "")
    .trimStart()
    .split(/\r?\n/, 1)[0] ?? "";

function namesOf(header: string, delimiter: string): string[] {
  const [names = []] = parse(header, { delimiter, relax_quotes: true });
  return names.map((name) => name.trim());
}

function missingColumns(header: string, { text, label }: Columns, file: string): string {
  const found = DELIMITERS.map((delimiter) => namesOf(header, delimiter)).reduce((a, b) =>
    b.length > a.length ? b : a,
  );
  return (
    `${file} needs a header with the columns "${text}" and "${label}"; it has ` +
    `${found.map((name) => `"${name.slice(0, 40)}"`).join(", ") || "nothing"}. ` +
    "Name the ones to use: --text COLUMN --label COLUMN"
  );
}
