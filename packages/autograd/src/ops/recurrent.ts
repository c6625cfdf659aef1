import { operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";
import { recurrentSlopes } from "./recurrent/direction.ts";
import { gruSlopes } from "./recurrent/gru.ts";
import { lstmSlopes } from "./recurrent/lstm.ts";
import { rnnSlopes } from "./recurrent/rnn.ts";

/**
 * The weights of a recurrent layer in ONNX's layout: a leading axis for the direction, and
 * the rows of all gates under each other (LSTM: input, output, forget, candidate; GRU:
 * update, reset, candidate).
 */
export interface RecurrentInputs {
  /** [time, batch, features] */
  readonly x: Value;
  /** [directions, gates·hidden, features] */
  readonly w: Value;
  /** [directions, gates·hidden, hidden] */
  readonly r: Value;
  /** [directions, 2·gates·hidden]: what is added beside W, and beside R. */
  readonly b?: Value;
  /** [directions, batch, hidden]; zero where it is left out. */
  readonly initialHidden?: Value;
  /** The same for the cell of an LSTM. */
  readonly initialCell?: Value;
  /** int32 [batch]: how many times each sequence has, if not all. States behind that are zero. */
  readonly lengths?: Value;
}

export interface RecurrentOptions {
  readonly direction?: "forward" | "reverse" | "bidirectional";
}

export interface RecurrentStates {
  /** The state after each time: [time, directions, batch, hidden]. */
  readonly all: Value;
  /** The state after the last step: [directions, batch, hidden]. */
  readonly hidden: Value;
}

export interface RecurrentBuilders {
  /** h' = tanh(W·x + R·h + b) */
  rnn(inputs: RecurrentInputs, options?: RecurrentOptions): RecurrentStates;
  /** Gated recurrent unit; the reset gate is put on R·h, as PyTorch and cuDNN do it. */
  gru(inputs: RecurrentInputs, options?: RecurrentOptions): RecurrentStates;
  /** Long short-term memory without peepholes. `cell` is shaped as `hidden`. */
  lstm(
    inputs: RecurrentInputs,
    options?: RecurrentOptions,
  ): RecurrentStates & { readonly cell: Value };
}

export const RNN = defineOp(operators.RNN, {
  grad: (site) => {
    const [activation = "Tanh"] = site.attributes.activations ?? [];
    return recurrentSlopes(site, (each) => rnnSlopes(each, activation), [["Tanh"], ["Relu"]]);
  },
  check: "float32",
  cases: [
    {
      inputs: [
        ["M", "N", 3],
        [1, 4, 3],
        [1, 4, 4],
      ],
      attributes: { hidden_size: 4 },
    },
    {
      inputs: [[3, "N", 2], [2, 3, 2], [2, 3, 3], [2, 6], null, [2, "N", 3]],
      attributes: { hidden_size: 3, direction: "bidirectional" },
    },
    {
      inputs: [
        [3, 2, 2],
        [1, 3, 2],
        [1, 3, 3],
        [1, 6],
      ],
      attributes: { hidden_size: 3, direction: "reverse", activations: ["Relu"] },
    },
  ],
});

export const GRU = defineOp(operators.GRU, {
  grad: (site) =>
    recurrentSlopes(site, (each) => gruSlopes(each, site.attributes.linear_before_reset === 1), [
      ["Sigmoid", "Tanh"],
    ]),
  check: "float32",
  cases: [
    {
      inputs: [
        ["M", "N", 3],
        [1, 12, 3],
        [1, 12, 4],
      ],
      attributes: { hidden_size: 4, linear_before_reset: 1 },
    },
    {
      inputs: [[3, "N", 2], [2, 9, 2], [2, 9, 3], [2, 18], null, [2, "N", 3]],
      attributes: { hidden_size: 3, linear_before_reset: 1, direction: "bidirectional" },
    },
    {
      inputs: [
        ["M", "N", 3],
        [1, 12, 3],
        [1, 12, 4],
      ],
      attributes: { hidden_size: 4 },
    },
    {
      inputs: [[3, "N", 2], [2, 9, 2], [2, 9, 3], [2, 18], null, [2, "N", 3]],
      attributes: {
        hidden_size: 3,
        direction: "bidirectional",
        activations: ["Sigmoid", "Tanh", "Sigmoid", "Tanh"],
      },
    },
  ],
});

export const LSTM = defineOp(operators.LSTM, {
  grad: (site) => recurrentSlopes(site, lstmSlopes, [["Sigmoid", "Tanh", "Tanh"]]),
  check: "float32",
  cases: [
    {
      inputs: [
        ["M", "N", 3],
        [1, 16, 3],
        [1, 16, 4],
      ],
      attributes: { hidden_size: 4 },
    },
    {
      inputs: [[1, "N", 3], [1, 8, 3], [1, 8, 2], [1, 16], null, [1, "N", 2], [1, "N", 2]],
      attributes: { hidden_size: 2 },
    },
    {
      inputs: [[3, "N", 2], [2, 12, 2], [2, 12, 3], [2, 24], null, [2, "N", 3], [2, "N", 3]],
      attributes: { hidden_size: 3, direction: "bidirectional" },
    },
    {
      inputs: [
        [4, 2, 2],
        [1, 12, 2],
        [1, 12, 3],
        [1, 24],
      ],
      attributes: { hidden_size: 3, direction: "reverse" },
    },
  ],
});

const inOnnxOrder = ({ x, w, r, b, initialHidden, initialCell, lengths }: RecurrentInputs) => [
  x,
  w,
  r,
  b ?? null,
  lengths ?? null,
  initialHidden ?? null,
  ...(initialCell === undefined ? [] : [initialCell]),
];

export function builders(g: Graph): RecurrentBuilders {
  const states = (outputs: readonly Value[]) => {
    const [all, hidden, cell = hidden] = outputs;
    if (all === undefined || hidden === undefined || cell === undefined) {
      throw new RangeError("A recurrent node has at least two outputs");
    }
    return { all, hidden, cell };
  };
  const attributes = ({ w }: RecurrentInputs, gates: number, options?: RecurrentOptions) => ({
    hidden_size: Number(w.shape[1]) / gates,
    direction: options?.direction ?? "forward",
  });
  return {
    rnn: (inputs, options) =>
      states(
        g.emitAll(RNN, inOnnxOrder(inputs), attributes(inputs, 1, options), { outputCount: 2 }),
      ),
    gru: (inputs, options) =>
      states(
        g.emitAll(
          GRU,
          inOnnxOrder(inputs),
          { ...attributes(inputs, 3, options), linear_before_reset: 1 },
          { outputCount: 2 },
        ),
      ),
    lstm: (inputs, options) =>
      states(
        g.emitAll(LSTM, inOnnxOrder(inputs), attributes(inputs, 4, options), { outputCount: 3 }),
      ),
  };
}
