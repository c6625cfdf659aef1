import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";
import { ifSlopes } from "./if-gradient.ts";
import { emitScan, type ScanParts, type ScanStep } from "./scan-emission.ts";
import { loopSlopes, scanSlopes } from "./scan-gradient.ts";

export interface ScanInputs {
  /** Handed from step to step. */
  readonly states: readonly Value[];
  /** [steps, ...]: each step sees one entry. */
  readonly sequences: readonly Value[];
  /** Begin with the last entry; what the steps answer is in the entries' order all the same. */
  readonly backwards?: boolean;
}

export interface ControlBuilders {
  /**
   * Runs `step` for each entry of the sequences. It appends to a graph of its own and may
   * read the values of this one. Answers the states after the last step and what was kept,
   * [steps, ...].
   */
  scan(inputs: ScanInputs, step: ScanParts["step"]): ScanStep;
}

export const Scan = defineOp(operators.Scan, {
  grad: scanSlopes,
  cases: [
    {
      // A running product with a sum beside it: the state's slope depends on all later steps.
      inputs: [["N"], [4, "N"]],
      attributes: { num_scan_inputs: 1 },
      subgraphs: (g) => ({
        body: g.subgraph((inner) => {
          const state = inner.input("state", "float64", ["N"]);
          const entry = inner.input("entry", "float64", ["N"]);
          const next = inner.mul(inner.tanh(state), entry);
          return { inputs: [state, entry], outputs: [next, inner.add(state, inner.square(entry))] };
        }),
      }),
    },
    {
      inputs: [["N"], ["M", "N"], ["M"]],
      attributes: {
        num_scan_inputs: 2,
        scan_input_directions: [1, 0],
        scan_output_directions: [0, 1],
      },
      subgraphs: (g) => ({
        body: g.subgraph((inner) => {
          const state = inner.input("state", "float64", ["N"]);
          const entry = inner.input("entry", "float64", ["N"]);
          const weight = inner.input("weight", "float64", []);
          const next = inner.add(inner.mul(state, weight), entry);
          return {
            inputs: [state, entry, weight],
            outputs: [next, inner.sigmoid(next), inner.exp(weight)],
          };
        }),
      }),
    },
  ],
});

export const Loop = defineOp(operators.Loop, {
  grad: loopSlopes,
  cases: [
    {
      // What a body captures is tested in control.test.ts and by exported models.
      inputs: [{ ints: [4] }, null, ["N"], ["N"]],
      subgraphs: (g) => ({
        body: g.subgraph((inner) => {
          const counter = inner.input("counter", "int64", []);
          const condition = inner.input("condition", "bool", []);
          const state = inner.input("state", "float64", ["N"]);
          const factor = inner.input("factor", "float64", ["N"]);
          const next = inner.mul(inner.tanh(state), factor);
          const counted = inner.mul(next, inner.cast(counter, "float64"));
          return {
            inputs: [counter, condition, state, factor],
            outputs: [inner.identity(condition), next, inner.identity(factor), counted],
          };
        }),
      }),
    },
  ],
});

export const If = defineOp(operators.If, {
  grad: ifSlopes,
  cases: [
    {
      // An If has no floats for inputs: what its branches read is tested in control.test.ts.
      inputs: [{ shape: [], dtype: "bool" }],
      subgraphs: (g) => ({
        then_branch: g.subgraph((inner) => ({
          inputs: [],
          outputs: [inner.constant([1, 2], "float64")],
        })),
        else_branch: g.subgraph((inner) => ({
          inputs: [],
          outputs: [inner.constant([3, 4], "float64")],
        })),
      }),
    },
  ],
});

export function builders(g: Graph): ControlBuilders {
  return {
    scan: ({ states, sequences, backwards = false }, step) =>
      emitScan(g, {
        states,
        sequences: sequences.map((whole) => ({ whole, backwards })),
        step,
        keptBackwards: () => backwards,
      }),
  };
}
