import type { Tensor } from "@groundswell/onnx";

/** A whole set of weights. Dense parameters by name; tables `[rows, width]` of which a batch touches a few. */
export interface Weights {
  dense: Record<string, Tensor>;
  tables: Record<string, Tensor>;
}

/** Rows of a table: `values` is `[rows.length, width]`. */
export interface ChangedRows {
  rows: Int32Array;
  values: Float32Array;
}

/** All dense parameters, and the rows of each table that changed. */
export interface WeightChanges {
  dense: Record<string, Tensor>;
  tables: Record<string, ChangedRows>;
}
