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
  const touched = new Map(Object.keys(tableRows).map((name) => [name, new Set<number>()]));
  return {
    note(rows) {
      for (const [name, set] of touched) for (const row of rows[name] ?? []) set.add(row);
    },
    forget() {
      for (const set of touched.values()) set.clear();
    },
    take({ dense, tables }) {
      const changes: WeightChanges = { dense, tables: {} };
      for (const [name, set] of touched) {
        const table = dataOf(tables[name], "float32");
        const rows = Int32Array.from(set).sort();
        const width = table.length / (tableRows[name] ?? 1);
        changes.tables[name] = { rows, values: gatherRows(table, rows, width) };
        set.clear();
      }
      return changes;
    },
  };
}
