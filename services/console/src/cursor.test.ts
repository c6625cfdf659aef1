import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";

import { pageOf, readPage } from "./cursor.ts";

test("pages of any size, followed by their cursors, are the list", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.integer({ min: 1, max: 200 }), (list, limit) => {
      const rows = list.toSorted((a, b) => a - b);
      const seen: number[] = [];
      for (let query: object = { limit }; ;) {
        const { limit: most, before } = readPage(query, z.int());
        const from = rows.filter((row) => before === undefined || row > before);
        const page = pageOf(from.slice(0, most + 1), {
          limit: most,
          keyOf: (row) => row,
          view: (row) => row,
        });
        seen.push(...page.data);
        if (page.next_cursor === null) break;
        expect(page.data).toHaveLength(limit);
        query = { limit: String(limit), cursor: page.next_cursor };
      }
      expect(seen).toEqual(rows);
    }),
  );
});

test("what is no cursor of this list is refused by name", () => {
  const text = Buffer.from('"a"').toString("base64url");
  for (const cursor of ["", "nonsense", text, "🐟"])
    expect(() => readPage({ cursor }, z.int())).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ path: "/cursor" })] }),
    );
});
