import { dataOf } from "@groundswell/onnx";

import type { Architecture, Batch, WeightChanges, Weights } from "../recipe.ts";
import { gatherRows } from "../table.ts";

/** Which rows were touched since somebody last asked. */
export interface ChangeLog {
  note(rows: Batch["rows"]): void;
  /** Nothing noted so far counts: the weights began anew. */
  forget(): void;
  take(weights: Weights): WeightChanges;
}

export function createChangeLog({ tableRows }: Architecture): ChangeLog {
  // A mark for each row: cheaper than a set, which thousands of rows would enter each step.
  const touched = new Map(
    Object.entries(tableRows).map(([name, count]) => [name, new Uint8Array(count)]),
  );
  return {
    note(rows) {
      for (const [name, marks] of touched) for (const row of rows[name] ?? []) marks[row] = 1;
    },
    forget() {
      for (const marks of touched.values()) marks.fill(0);
    },
    take({ dense, tables }) {
      const changes: WeightChanges = { dense, tables: {} };
      for (const [name, marks] of touched) {
        const table = dataOf(tables[name], "float32");
        const rows = markedRows(marks);
        const width = table.length / (tableRows[name] ?? 1);
        changes.tables[name] = { rows, values: gatherRows(table, rows, width) };
        marks.fill(0);
      }
      return changes;
    },
  };
}

/** In ascending order. */
function markedRows(marks: Uint8Array): Int32Array<ArrayBuffer> {
  const rows: number[] = [];
  for (let row = 0; row < marks.length; row++) if (marks[row] === 1) rows.push(row);
  return Int32Array.from(rows);
}
