import { operators } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

/** A tensor that a Scan reads or writes entry by entry, [steps, ...]. */
export interface Sequence {
  readonly whole: Value;
  /** From the last entry to the first. */
  readonly backwards: boolean;
}

/** What one step of a Scan answers. */
export interface ScanStep {
  /** What the next step begins with, of the states' types and shapes. */
  readonly states: readonly Value[];
  /** What is kept of this step. */
  readonly kept: readonly Value[];
}

export interface ScanParts {
  readonly states: readonly Value[];
  readonly sequences: readonly Sequence[];
  /** Appends a step to `inner`, which may read the values of the graph around it. */
  step(inner: Graph, states: readonly Value[], entries: readonly Value[]): ScanStep;
  /** Whether the first step writes the last entry of what is kept at this place. */
  keptBackwards(index: number): boolean;
}

/** Appends a Scan to `g`; answers the states after the last step and what was kept, [steps, ...]. */
export function emitScan(g: Graph, parts: ScanParts): ScanStep {
  const { states, sequences } = parts;
  const body = g.subgraph((inner) => {
    const before = states.map(({ dtype, shape }, k) => inner.input(`state.${k}`, dtype, shape));
    const entries = sequences.map(({ whole: { dtype, shape } }, k) =>
      inner.input(`entry.${k}`, dtype, shape.slice(1)),
    );
    const after = parts.step(inner, before, entries);
    if (after.states.length !== states.length) {
      throw new GraphError(`A step answers ${after.states.length} of ${states.length} states`);
    }
    return { inputs: [...before, ...entries], outputs: [...after.states, ...after.kept] };
  });
  const kept = Array.from({ length: body.outputs.length - states.length }, (_, k) =>
    parts.keptBackwards(k),
  );
  const outputs = g.emitAll(
    operators.Scan,
    [...states, ...sequences.map(({ whole }) => whole)],
    {
      num_scan_inputs: sequences.length,
      scan_input_directions: sequences.map(({ backwards }) => Number(backwards)),
      scan_output_directions: kept.map(Number),
    },
    { outputCount: body.outputs.length, subgraphs: { body } },
  );
  return { states: outputs.slice(0, states.length), kept: outputs.slice(states.length) };
}
