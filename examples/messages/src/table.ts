import type { LeftOut } from "@groundswell/crowd";

/** What a file of rows has, whatever its format is. */
export interface Table {
  columns: string[];
  records: TableRecord[];
  /** Those that could not be read at all. */
  unreadable: LeftOut[];
}

export interface TableRecord {
  /** Such as `line 7`. */
  where: string;
  /** One a column; fewer where the row is short. */
  cells: readonly string[];
}

/** A file that can't be used as it is; the message says what to do. */
export class UnusableFile extends Error {
  override readonly name = "UnusableFile";
}
