import { sizeOf, tensor } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";

import { knownSizes } from "./dense-state.ts";
import { GraphError } from "./errors.ts";
import { nextName } from "./step-graph.ts";
import type { ParameterSpec } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";

/**
 * The rows of a table that a batch touches. The arrays come in the order parameter, then
 * the optimiser's slots; in each, the first `count` · width elements count, so that the
 * owner can use the same arrays again for another batch. The step writes `next`, which
 * must not share memory with `now`.
 */
export interface TouchedRows {
  readonly count: number;
  readonly now: readonly Float32Array[];
  readonly next: readonly Float32Array[];
}

/**
 * Puts the rows of one table among what a run is fed and what it writes.
 * @throws GraphError where the rows, or the arrays of one of the slots, are missing
 */
export function bindTouchedRows(
  step: TrainStep,
  table: ParameterSpec,
  rows: TouchedRows | undefined,
  feeds: Record<string, Tensor>,
  into: Record<string, Tensor | null>,
): void {
  if (rows === undefined) throw new GraphError(`The rows of "${table.name}" are missing`);
  const dims = [rows.count, ...knownSizes(table.name, table.shape.slice(1))];
  const size = sizeOf(dims);
  const states = step.state.filter(({ parameter }) => parameter === table.name);
  for (const [index, { name }] of states.entries()) {
    const now = rows.now[index];
    const next = rows.next[index];
    if (now === undefined || next === undefined) {
      throw new GraphError(`The rows of "${table.name}" lack "${name}"`);
    }
    feeds[name] = tensor("float32", dims, now.subarray(0, size));
    into[nextName(name)] = tensor("float32", dims, next.subarray(0, size));
  }
}
