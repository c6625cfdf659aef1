import { type Columns, USUAL } from "./columns.ts";
import { readCsv } from "./csv.ts";
import { decodeText } from "./decode-text.ts";
import { readNdjson } from "./ndjson.ts";
import { readParquet } from "./parquet.ts";
import { type Table, UnusableFile } from "./table.ts";
import { MOST_BYTES, unpack } from "./unpack.ts";

export interface NamedFile {
  /** For messages. */
  name: string;
  bytes: Uint8Array;
}

export interface ReadTable {
  table: Table;
  /** What a reader of the result should know. */
  notes: string[];
}

/** What is sometimes taken for a file of rows, by its first bytes. */
const OTHERS: readonly (readonly [string, string])[] = [
  ["PK\u0003\u0004", "a spreadsheet or a zip archive: save it as CSV"],
  ["\u00d0\u00cf\u0011\u00e0", "an old spreadsheet: save it as CSV"],
  ["%PDF", "a PDF: rows can't be read from it"],
  ["\u0089PNG", "a picture: pictures are told with --demo pictures --data FOLDER"],
  ["\u00ff\u00d8\u00ff", "a picture: pictures are told with --demo pictures --data FOLDER"],
  ["SQLite format 3", "a SQLite database: write a table of it as CSV"],
  ["ARROW1", "an Arrow file: write it as Parquet or CSV"],
  ["BZh", "packed with bzip2: unpack it, or pack it with gzip"],
  ["\u00fd7zXZ", "packed with xz: unpack it, or pack it with gzip"],
  ["\u001f\u008b", "packed twice: unpack it once"],
];

/**
 * The rows of a file: CSV and its like, JSON lines or Parquet, packed or not. Its content says what
 * it is, not its name.
 *
 * @throws UnusableFile that says what the file has instead of what is needed
 */
export async function readTable({ name, bytes }: NamedFile, columns: Columns): Promise<ReadTable> {
  const unpacked = await unpack(bytes, name);
  const start = Buffer.from(unpacked.bytes.subarray(0, 16)).toString("latin1");
  if (start === "") throw new UnusableFile(`${name} is empty`);
  const other = OTHERS.find(([magic]) => start.startsWith(magic));
  if (other) throw new UnusableFile(`${name} is ${other[1]}`);
  const wanted = [columns.text ?? USUAL.text, columns.label ?? USUAL.label];
  if (start.startsWith("PAR1")) {
    if (unpacked.cut) throw new UnusableFile(`${name}: a Parquet file may have ${MIB} MiB at most`);
    return { table: await readParquet(unpacked.bytes, name), notes: [] };
  }
  const { text, encoding } = decodeText(unpacked.bytes);
  const notes = encoding === "utf-8" ? [] : [`${name} is read as ${encoding}`];
  if (unpacked.cut) notes.push(`only the first ${MIB} MiB of ${name} are read: enough for a story`);
  const whole = unpacked.cut ? upToLastLine(text) : text;
  if (isJson(whole)) return { table: readNdjson(whole, name), notes };
  return { table: readCsv(whole, { file: name, wanted }), notes };
}

const MIB = MOST_BYTES / 1024 / 1024;

/** Of what was cut, the last line is half a one. */
const upToLastLine = (text: string) => text.slice(0, text.lastIndexOf("\n") + 1);

const isJson = (text: string) => /^\s*(\{|\[\s*[[{])/.test(text);
