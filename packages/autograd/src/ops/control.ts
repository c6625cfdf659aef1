import { operators, type PerInput } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Case } from "../op.ts";
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
      inputs: [{ ints: [4] }, null, ["N"], ["N"]],
      captured: [["N"]],
      subgraphs: (g, [shift]) => ({
        body: g.subgraph((inner) => {
          const counter = inner.input("counter", "int64", []);
          const condition = inner.input("condition", "bool", []);
          const state = inner.input("state", "float64", ["N"]);
          const factor = inner.input("factor", "float64", ["N"]);
          const moved = shift === undefined ? state : inner.add(state, shift);
          const next = inner.mul(inner.tanh(moved), factor);
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

type Branch = (g: Graph, captured: PerInput<Value>) => Value;

const product: Branch = (g, [x, w]) => g.mul(x, w);
const square: Branch = (g, [x, w]) => g.add(g.square(x), w);

/** The condition is drawn once for all cases: with the branches in both orders, each runs. */
const branches = (yes: Branch, no: Branch): Case => ({
  inputs: [{ shape: [], dtype: "bool" }],
  captured: [["N", 3], [3]],
  subgraphs(g, values) {
    const branchOf = (branch: Branch) =>
      g.subgraph((inner) => ({
        inputs: [],
        outputs: [branch(inner, values as PerInput<Value>)],
      }));
    return { then_branch: branchOf(yes), else_branch: branchOf(no) };
  },
});

export const If = defineOp(operators.If, {
  grad: ifSlopes,
  cases: [branches(product, square), branches(square, product)],
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
