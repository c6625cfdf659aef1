import { type Table, UnusableFile } from "./table.ts";

/** Columns are the keys of the first rows. */
const LOOKED_AT = 200;

/**
 * Reads one JSON object a line.
 *
 * @throws UnusableFile where no line is one
 */
export function readNdjson(text: string, file: string): Table {
  const table: Table = { columns: [], records: [], unreadable: [] };
  const objects: { where: string; values: Map<string, unknown> }[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (line.trim() === "") continue;
    const where = `line ${index + 1}`;
    const values = objectIn(line);
    if (values) objects.push({ where, values });
    else table.unreadable.push({ where, why: "no JSON object" });
  }
  if (objects.length === 0)
    throw new UnusableFile(
      `${file} looks like JSON, and none of its lines is an object: write {"text": …, "label": …}, one a line`,
    );
  table.columns = [
    ...new Set(objects.slice(0, LOOKED_AT).flatMap(({ values }) => [...values.keys()])),
  ];
  for (const { where, values } of objects)
    table.records.push({ where, cells: table.columns.map((name) => cellOf(values.get(name))) });
  return table;
}

/** A map: a key may be called anything, `__proto__` too. */
function objectIn(line: string): Map<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined; // not JSON
  }
}

/** What is a text or can be said as one; nothing of lists and objects. */
export function cellOf(value: unknown): string {
  if (typeof value === "string") return value;
  return ["number", "bigint", "boolean"].includes(typeof value) ? String(value) : "";
}
