import fc from "fast-check";
import { expect, test } from "vitest";

import { readCsv } from "./csv.ts";

const cell = fc.string({ unit: fc.constantFrom("a", " ", '"', ",", ";", "\n", "\r\n", "é", "|") });
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

test("whatever is quoted as RFC 4180 says comes back, with the line where it begins", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { maxLength: 12 }),
      fc.constantFrom("\n", "\r\n"),
      (rows, newline) => {
        const lines = [["text", "label"], ...rows].map((row) => row.map(quoted).join(","));
        const table = readCsv(lines.join(newline), { file: "m.csv", wanted: ["text", "label"] });
        expect(table.records.map(({ cells }) => cells)).toEqual(rows);
        let line = 2;
        for (const [index, [text, label]] of rows.entries()) {
          expect(table.records[index]?.where).toBe(`line ${line}`);
          line += 1 + `${text}${label}`.split("\n").length - 1;
        }
      },
    ),
  );
});

test("any text at all is a table, or says which line is wrong", () => {
  const any = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", ";", " ") });
  const answerTo = (text: string) => {
    try {
      return `${readCsv(text, { file: "m.csv", wanted: [] }).records.length} rows`;
    } catch (error) {
      return String(error);
    }
  };
  fc.assert(
    fc.property(any, (text) => {
      expect(answerTo(text)).toMatch(/^\d+ rows$|m\.csv, line \d+: a quote opens there/);
    }),
  );
});
