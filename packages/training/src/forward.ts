import { inferenceModel } from "@groundswell/autograd";
import { dataOf, openSession, type RunsOn, tensor, type Tensor } from "@groundswell/onnx";

import type { Architecture, Batch, Weights } from "./recipe.ts";
import { gatherRows } from "./table.ts";

/** The forward graph of an architecture; its weights are inputs, so that any can be used at any time. */
export interface Forward {
  /** @returns probabilities `[batch.size, classes]`, row by row */
  run(batch: Batch, weights: Weights): Float32Array;
  close(): void;
}

export function openForward(architecture: Architecture, runsOn: RunsOn = {}): Forward {
  const { parameters, inputs, tableRows } = architecture;
  const model = inferenceModel({
    parameters,
    inputs,
    build: (g, values, batch) => ({
      probabilities: g.softmax(architecture.logits(g, values, batch)),
    }),
  });
  // Batches come in many sizes: memory planned for one of them is in the way of the others.
  const session = openSession(model, { ...runsOn, memoryPattern: false });

  return {
    run(batch, { dense, tables }) {
      if (batch.size === 0) return new Float32Array(0);
      const feeds: Record<string, Tensor> = { ...dense, ...batch.inputs };
      for (const [name, rowCount] of Object.entries(tableRows)) {
        const table = dataOf(tables[name], "float32");
        const rows = batch.rows[name] ?? new Int32Array(0);
        const width = table.length / rowCount;
        const touched = gatherRows(table, rows, width) as Float32Array<ArrayBuffer>;
        feeds[name] = tensor("float32", [rows.length, width], touched);
      }
      return dataOf(session.run(feeds)["probabilities"], "float32");
    },
    close: () => session.close(),
  };
}

/** The place of the greatest probability in each row; of equal ones the first. */
export function bestOf(probabilities: Float32Array, classes: number): Int32Array {
  const best = new Int32Array(probabilities.length / classes);
  for (let row = 0; row < best.length; row++) {
    const from = row * classes;
    let place = 0;
    for (let k = 1; k < classes; k++)
      if ((probabilities[from + k] ?? 0) > (probabilities[from + place] ?? 0)) place = k;
    best[row] = place;
  }
  return best;
}
