import { sizeOf, tensor } from "@groundswell/onnx";
import type { GraphDef, Tensor } from "@groundswell/onnx";

import { knownSizes } from "./dense-state.ts";
import { infoOf, plainNode } from "./emission.ts";
import { GraphError } from "./errors.ts";
import { isTable, nextName } from "./step-graph.ts";
import type { ParameterSpec, StateSpec } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";

/**
 * A table and the rows of it that a batch touches. The arrays come in the order parameter,
 * then the optimiser's slots. The step only reads those of `table`; it writes the rows anew
 * into `next`, of which the first rows · width elements count, so that the owner can use the
 * same arrays again for another batch. Putting them in their places is the owner's part.
 */
export interface TouchedRows {
  /** In the order in which the graph sees them; none of them twice. */
  readonly rows: Int32Array;
  /** Each [table rows, width], row-major. */
  readonly table: readonly Float32Array[];
  readonly next: readonly Float32Array[];
}

const tableName = (state: string): string => `${state}.table`;
const rowsName = (parameter: string): string => `${parameter}.rows`;

/**
 * A step whose tables are fed whole: it gathers the rows itself, by `<parameter>.rows`. The
 * runtime reads them where they lie, faster than they would be copied out for it.
 */
export function withTables(graph: GraphDef, state: readonly StateSpec[]): GraphDef {
  const tables = state.filter(isTable);
  const byName = new Map(tables.map((one) => [one.name, one]));
  const gathers = tables.map(({ name, parameter }) =>
    plainNode({
      op: "Gather",
      name: `rows of ${name}`,
      inputs: [tableName(name), rowsName(parameter)],
      outputs: [name],
    }),
  );
  const rows = tables
    .filter(({ slot }) => slot === null)
    .map(({ name, shape }) => infoOf(rowsName(name), { dtype: "int32", shape: shape.slice(0, 1) }));
  const whole = ({ name, shape, parameter }: StateSpec): GraphDef["inputs"][number] =>
    infoOf(tableName(name), {
      dtype: "float32",
      shape: [`${parameter}.count`, ...shape.slice(1)],
    });
  const inputs = graph.inputs.map((input) => {
    const table = byName.get(input.name);
    return table === undefined ? input : whole(table);
  });
  return { ...graph, nodes: [...gathers, ...graph.nodes], inputs: [...inputs, ...rows] };
}

/**
 * Puts the rows of one table among what a run is fed and what it writes.
 * @throws GraphError where the rows, or the arrays of one of the slots, are missing
 */
export function bindTouchedRows(
  step: TrainStep,
  table: ParameterSpec,
  touched: TouchedRows | undefined,
  feeds: Record<string, Tensor>,
  into: Record<string, Tensor | null>,
): void {
  if (touched === undefined) throw new GraphError(`The rows of "${table.name}" are missing`);
  const rows = touched.rows as Int32Array<ArrayBuffer>;
  const row = knownSizes(table.name, table.shape.slice(1));
  const width = sizeOf(row);
  const states = step.state.filter(({ parameter }) => parameter === table.name);
  for (const [index, { name }] of states.entries()) {
    const whole = touched.table[index] as Float32Array<ArrayBuffer> | undefined;
    const next = touched.next[index] as Float32Array<ArrayBuffer> | undefined;
    if (whole === undefined || next === undefined) {
      throw new GraphError(`The rows of "${table.name}" lack "${name}"`);
    }
    feeds[tableName(name)] = tensor("float32", [whole.length / width, ...row], whole);
    const written = next.subarray(0, rows.length * width);
    into[nextName(name)] = tensor("float32", [rows.length, ...row], written);
  }
  feeds[rowsName(table.name)] = tensor("int32", [rows.length], rows);
}
