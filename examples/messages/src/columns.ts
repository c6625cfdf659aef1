import { type Table, UnusableFile } from "./table.ts";

/** Names in the header, where they were said. */
export interface Columns {
  text?: string | undefined;
  label?: string | undefined;
}

export type NamedColumns = Required<{ [Name in keyof Columns]: string }>;

/** The columns that were named are not there; these may be the ones that are meant. */
export class UnclearColumns extends UnusableFile {
  readonly suggestion: NamedColumns | undefined;

  constructor(message: string, suggestion: NamedColumns | undefined) {
    super(message);
    this.suggestion = suggestion;
  }
}

export const USUAL: NamedColumns = { text: "text", label: "label" };

/** Case and blanks are not what tells columns apart. */
export const tidyName = (name: string) =>
  name
    .replace(/^\uFEFF/, "")
    .normalize("NFKC")
    .trim()
    .replaceAll(/\s+/g, " ")
    .toLowerCase();

/**
 * Which columns hold the text and the label.
 *
 * @throws UnclearColumns where that isn't clear, with what it may be by the first rows
 */
export function findColumns(
  table: Table,
  columns: Columns,
  file: string,
): { text: number; label: number } {
  const text = indexOf(table, columns.text ?? USUAL.text);
  const label = indexOf(table, columns.label ?? USUAL.label);
  if (text !== undefined && label !== undefined) {
    if (text !== label) return { text, label };
    throw new UnclearColumns(
      `${file}: "${table.columns[text]}" can't be both the text and the label`,
      undefined,
    );
  }
  const guessed = guessColumns(table, { text, label });
  throw new UnclearColumns(whatIsMissing(table, columns, file, { text, label }), guessed);
}

function indexOf({ columns }: Table, wanted: string): number | undefined {
  const exact = columns.indexOf(wanted);
  const at = exact >= 0 ? exact : columns.findIndex((name) => tidyName(name) === tidyName(wanted));
  return at >= 0 ? at : undefined;
}

interface Found {
  text: number | undefined;
  label: number | undefined;
}

function whatIsMissing(table: Table, columns: Columns, file: string, found: Found): string {
  const missing = (["text", "label"] as const)
    .filter((which) => found[which] === undefined)
    .map((which) => `"${columns[which] ?? USUAL[which]}"`);
  const has = table.columns.map((name) => `"${name.slice(0, 40)}"`);
  const shown = has.length > 20 ? [...has.slice(0, 20), `${has.length - 20} more`] : has;
  return `${file} has no column ${missing.join(" and no column ")}; it has ${shown.join(", ") || "nothing in it"}`;
}

const LOOKED_AT = 200;
const TEXT_NAMES =
  /text|message|body|content|sentence|utterance|review|comment|question|query|tweet|description/;
const LABEL_NAMES = /label|category|class|topic|intent|target|sentiment|tag|kind|type/;

/** By the names and the first rows: what is long and always another, what is short and comes again. */
function guessColumns(table: Table, found: Found): NamedColumns | undefined {
  const looks = table.columns.map((name, at) => lookOf(table, name, at));
  const best = (score: (look: Look) => number, but: number | undefined) =>
    looks
      .map((look, at) => ({ at, score: at === but ? 0 : score(look) }))
      .toSorted((a, b) => b.score - a.score)
      .find((one) => one.score > 0)?.at;
  const text = found.text ?? best(textScore, found.label);
  const label = found.label ?? best(labelScore, text);
  const names = { text: table.columns[text ?? -1], label: table.columns[label ?? -1] };
  if (names.text === undefined || names.label === undefined) return undefined;
  return { text: names.text, label: names.label };
}

interface Look {
  name: string;
  length: number;
  /** How many of the values are different ones. */
  distinct: number;
  rows: number;
}

function lookOf({ records }: Table, name: string, at: number): Look {
  const values = records.slice(0, LOOKED_AT).map(({ cells }) => cells[at]?.trim() ?? "");
  const length = values.reduce((sum, value) => sum + value.length, 0) / Math.max(1, values.length);
  return { name: tidyName(name), length, distinct: new Set(values).size, rows: values.length };
}

const textScore = ({ name, length, distinct, rows }: Look) =>
  rows === 0 ? 0 : length * (distinct / rows) * (TEXT_NAMES.test(name) ? 10 : 1);

function labelScore({ name, length, distinct, rows }: Look): number {
  if (distinct < 2 || length === 0) return 0;
  const named = LABEL_NAMES.test(name);
  if (!named && distinct > rows / 2) return 0;
  return (1 - distinct / (rows + 1)) * (named ? 10 : 1);
}
