import { BadRequest, PageQuery } from "@groundswell/contracts";
import { z } from "zod";

export interface PageAsked<Key> {
  limit: number;
  /** The last key of the page before. */
  before: Key | undefined;
}

/**
 * Reads `?limit&cursor`. A cursor is the last row's key, in a form that clients are not to read.
 *
 * @throws ZodError, or BadRequest naming the cursor where it is not one of ours
 */
export function readPage<Key>(query: unknown, key: z.ZodType<Key>): PageAsked<Key> {
  const { limit, cursor } = PageQuery.parse(query);
  return { limit, before: cursor === undefined ? undefined : decode(cursor, key) };
}

function decode<Key>(cursor: string, key: z.ZodType<Key>): Key {
  try {
    return key.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (cause) {
    const message = "is not a cursor of this list: pass next_cursor as it came";
    throw new BadRequest(`cursor ${message}`, { cause, issues: [{ path: "/cursor", message }] });
  }
}

/** @param rows one more than `limit` where there is another page */
export function pageOf<Row, View>(
  rows: readonly Row[],
  { limit, keyOf, view }: { limit: number; keyOf: (row: Row) => unknown; view: (row: Row) => View },
): { data: View[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    data: shown.map(view),
    next_cursor: more ? Buffer.from(JSON.stringify(keyOf(last))).toString("base64url") : null,
  };
}

/** Of lists in the order of time. */
export const InstantKey = z.tuple([z.iso.datetime(), z.uuid()]);
