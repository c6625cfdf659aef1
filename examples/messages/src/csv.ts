import { tidyName } from "./columns.ts";
import { type Table, type TableRecord, UnusableFile } from "./table.ts";

const DELIMITERS = [",", ";", "\t", "|"];
/** Spreadsheets say their delimiter in a first line. */
const SAID = /^sep=(.)\r?\n/i;

interface CsvOptions {
  /** For messages. */
  file: string;
  /** Columns that are looked for. */
  wanted: readonly string[];
}

/**
 * Reads rows with a header (RFC 4180, and what is written under its name): any of four delimiters,
 * quotes, line breaks in cells. A quote that stands within a cell is a character like any other.
 *
 * @throws UnusableFile for a quote that is never closed, with the line where it opens
 */
export function readCsv(text: string, options: CsvOptions): Table {
  const said = SAID.exec(text);
  const body = text.slice(said?.[0].length ?? 0);
  const firstLine = said ? 2 : 1;
  const delimiter = said?.[1] ?? delimiterOf(body, options);
  const [header, ...rows] = recordsOf(body, { delimiter, firstLine, file: options.file });
  const sound = rows.filter(({ broken }) => !broken);
  const broken = rows.filter((row) => row.broken);
  return {
    columns: header?.cells.map((name) => name.trim()) ?? [],
    records: sound,
    unreadable: broken.map(({ where }) => ({ where, why: "a quote that closes within a cell" })),
  };
}

/** The one that parts the header into the columns that are looked for, or into the most. */
function delimiterOf(text: string, { file, wanted }: CsvOptions): string {
  const scored = DELIMITERS.map((delimiter) => {
    const { value: header } = scan(text, { delimiter, firstLine: 1, file }).next();
    const names = header?.cells.map(tidyName) ?? [];
    const found = wanted.filter((name) => names.includes(tidyName(name))).length;
    return { delimiter, score: found * 10_000 + names.length };
  });
  return scored.reduce((best, one) => (one.score > best.score ? one : best)).delimiter;
}

interface CsvRecord extends TableRecord {
  /** A quote opened on one line and closed in the middle of a cell on another: rows may hide in it. */
  broken: boolean;
}

interface ScanOptions {
  delimiter: string;
  firstLine: number;
  file: string;
}

const recordsOf = (text: string, options: ScanOptions): CsvRecord[] => [...scan(text, options)];

/** Record by record, without empty lines. */
function* scan(text: string, options: ScanOptions): Generator<CsvRecord, undefined> {
  const { delimiter, file } = options;
  const end = new RegExp(`${RegExp.escape(delimiter)}|\r\n|\r|\n|$`, "g");
  let at = 0;
  let line = options.firstLine;
  while (at < text.length) {
    const record = { where: `line ${line}`, cells: [] as string[], broken: false };
    for (let more = true; more;) {
      const quoted = text[at] === '"' ? readQuoted(text, at, line, file) : undefined;
      end.lastIndex = quoted?.end ?? at;
      const stop = end.exec(text);
      if (!stop) break;
      const rest = text.slice(quoted?.end ?? at, stop.index);
      if (quoted && rest.trim() !== "") {
        record.cells.push(text.slice(at, stop.index));
        record.broken ||= quoted.lines > 0;
      } else record.cells.push(quoted?.value ?? rest);
      line += quoted?.lines ?? 0;
      at = stop.index + stop[0].length;
      more = stop[0] === delimiter;
      if (!more && stop[0] !== "") line += 1;
    }
    if (record.cells.length > 1 || record.cells[0]?.trim()) yield record;
  }
  return undefined;
}

interface Quoted {
  value: string;
  /** Where the text goes on after the closing quote. */
  end: number;
  /** Line breaks within. */
  lines: number;
}

function readQuoted(text: string, start: number, line: number, file: string): Quoted {
  let at = start + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0)
      throw new UnusableFile(
        `${file}, line ${line}: a quote opens there and is never closed. Close it, or write it twice ("") where it is meant as a character`,
      );
    if (text[quote + 1] !== '"') {
      const raw = text.slice(start + 1, quote);
      const lines = raw.match(/\r\n|\r|\n/g)?.length ?? 0;
      return { value: raw.replaceAll('""', '"'), end: quote + 1, lines };
    }
    at = quote + 2;
  }
}
