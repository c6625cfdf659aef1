import { dataOf, tensor, zeros } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { evaluate } from "../gradcheck.ts";
import { gradient } from "../gradient.ts";
import { createGraph } from "../graph.ts";
import type { Graph } from "../graph.ts";
import { randomStream } from "../random.ts";
import type { Value } from "../value.ts";
import type { RecurrentInputs, RecurrentStates } from "./recurrent.ts";

const [TIME, BATCH, FEATURES, HIDDEN] = [5, 3, 4, 6];

type Filled = Required<Omit<RecurrentInputs, "lengths">>;

interface Cell {
  readonly gates: number;
  layer(g: Graph, inputs: Filled): Value;
  /** One step, written out in plain operators. */
  step(g: Graph, gates: Written, states: readonly Value[]): readonly Value[];
}

/** What input and state add to one gate's preactivation. */
interface Written {
  readonly input: (gate: number) => Value;
  readonly state: (gate: number) => Value;
}

const CELLS: Readonly<Record<string, Cell>> = {
  rnn: {
    gates: 1,
    layer: (g, inputs) => g.rnn(inputs).all,
    step: (g, { input, state }) => [g.tanh(g.add(input(0), state(0)))],
  },
  gru: {
    gates: 3,
    layer: (g, inputs) => g.gru(inputs).all,
    step(g, { input, state }, [hidden = input(0)]) {
      const update = g.sigmoid(g.add(input(0), state(0)));
      const reset = g.sigmoid(g.add(input(1), state(1)));
      const candidate = g.tanh(g.add(input(2), g.mul(reset, state(2))));
      return [g.add(g.mul(g.sub(1, update), candidate), g.mul(update, hidden))];
    },
  },
  lstm: {
    gates: 4,
    layer: (g, inputs) => g.lstm(inputs).all,
    step(g, { input, state }, [, cell = input(0)]) {
      const gate = (index: number): Value => g.sigmoid(g.add(input(index), state(index)));
      const candidate = g.tanh(g.add(input(3), state(3)));
      const next = g.add(g.mul(gate(2), cell), g.mul(gate(0), candidate));
      return [g.mul(gate(1), g.tanh(next)), next];
    },
  },
};

/** The layer step by step, without the runtime's kernel and without a Scan. */
function unrolled(g: Graph, cell: Cell, inputs: Filled): Value {
  const { x, w, r, b, initialHidden, initialCell } = inputs;
  const rows = Array.from({ length: cell.gates }, () => HIDDEN);
  const first = (value: Value): Value => g.squeeze(value, [0]);
  const [ofInput, ofState] = [first(w), first(r)].map((weight) => g.split(weight, 0, rows));
  const bias = g.split(first(b), 0, [...rows, ...rows]);
  const layer = (from: Value, weight: Value | undefined, gate: number): Value =>
    g.gemm(from, weight ?? from, bias[gate] ?? null, { transB: true });

  let states: readonly Value[] = [first(initialHidden), first(initialCell)];
  const all = Array.from({ length: TIME }, (_, time) => {
    const entry = g.squeeze(g.slice(x, 0, time, time + 1), [0]);
    const [hidden = entry] = states;
    states = cell.step(
      g,
      {
        input: (gate) => layer(entry, ofInput?.[gate], gate),
        state: (gate) => layer(hidden, ofState?.[gate], cell.gates + gate),
      },
      states,
    );
    return g.unsqueeze(states[0] ?? entry, [0, 1]);
  });
  return g.concat(all, 0);
}

function inputsOf(g: Graph, gates: number): Filled {
  const state = [1, BATCH, HIDDEN];
  return {
    x: g.input("x", "float32", [TIME, BATCH, FEATURES]),
    w: g.input("w", "float32", [1, gates * HIDDEN, FEATURES]),
    r: g.input("r", "float32", [1, gates * HIDDEN, HIDDEN]),
    b: g.input("b", "float32", [1, 2 * gates * HIDDEN]),
    initialHidden: g.input("initialHidden", "float32", state),
    initialCell: g.input("initialCell", "float32", state),
  };
}

function drawn(inputs: readonly Value[]): Record<string, Tensor> {
  const stream = randomStream(11);
  const entries = inputs.map(({ name, shape }, index) => {
    const dims = shape.map(Number);
    const data = zeros("float32", dims).data.map((_, k) => 0.6 * stream.normal(k, index));
    return [name, tensor("float32", dims, data)] as const;
  });
  return Object.fromEntries(entries);
}

/** The states and all slopes, beside those of the layer written out. */
function bothWays(cell: Cell): { readonly layer: number[]; readonly written: number[] }[] {
  const g = createGraph();
  const inputs = inputsOf(g, cell.gates);
  const weight = g.input("weight", "float32", [TIME, 1, BATCH, HIDDEN]);
  const values = Object.values(inputs).filter(
    (value) => cell.gates === 4 || value.name !== "initialCell",
  );
  const { initialCell, ...withoutCell } = inputs;
  const forLayer = cell.gates === 4 ? inputs : (withoutCell as Filled);
  expect(initialCell.shape).toEqual([1, BATCH, HIDDEN]);

  const states = [cell.layer(g, forLayer), unrolled(g, cell, inputs)];
  const outputs = states.map((all) => [
    all,
    ...gradient(g, g.reduceSum(g.mul(weight, all)), values),
  ]);
  const fed = [...values, weight];
  const feeds = drawn(fed);
  const named = Object.fromEntries(
    outputs.flatMap((list, way) => list.map((value, k) => [`${way}.${k}`, value] as const)),
  );
  const answered = evaluate(g, fed, feeds, named);
  const read = (way: number, k: number): number[] => [
    ...dataOf(answered[`${way}.${k}`], "float32"),
  ];
  return [...values.keys(), values.length].map((k) => ({ layer: read(0, k), written: read(1, k) }));
}

test.each(Object.keys(CELLS))("%s: states and slopes are those of its formula", (name) => {
  const cell = CELLS[name];
  if (cell === undefined) throw new RangeError(name);
  for (const { layer, written } of bothWays(cell)) {
    const scale = Math.max(...written.map(Math.abs));
    const difference = Math.max(...layer.map((value, k) => Math.abs(value - written[k]!)));
    expect(scale).toBeGreaterThan(0.1);
    expect(difference / scale).toBeLessThan(3e-6);
  }
});

const LENGTHS = [3, TIME, 1];

interface Layer {
  readonly gates: number;
  readonly build: (g: Graph, inputs: RecurrentInputs) => RecurrentStates;
}

const LAYERS: Readonly<Record<string, Layer>> = {
  rnn: { gates: 1, build: (g, inputs) => g.rnn(inputs, { direction: "bidirectional" }) },
  gru: { gates: 3, build: (g, inputs) => g.gru(inputs, { direction: "bidirectional" }) },
  lstm: { gates: 4, build: (g, inputs) => g.lstm(inputs, { direction: "bidirectional" }) },
};

/** A batch of sequences of these lengths, beside each of them alone without a length. */
function inBatchAndAlone({ gates, build }: Layer): { batch: number[]; alone: number[] }[] {
  const g = createGraph();
  const input = (name: string, shape: readonly number[]): Value => g.input(name, "float32", shape);
  const state = [2, BATCH, HIDDEN];
  const inputs = {
    x: input("x", [TIME, BATCH, FEATURES]),
    w: input("w", [2, gates * HIDDEN, FEATURES]),
    r: input("r", [2, gates * HIDDEN, HIDDEN]),
    b: input("b", [2, 2 * gates * HIDDEN]),
    initialHidden: input("initialHidden", state),
    ...(gates === 4 ? { initialCell: input("initialCell", state) } : {}),
  };
  const onAll = input("onAll", [TIME, 2, BATCH, HIDDEN]);
  const onLast = input("onLast", state);
  const weighed = (states: RecurrentStates, all: Value, last: Value): Value =>
    g.add(g.reduceSum(g.mul(states.all, all)), g.reduceSum(g.mul(states.hidden, last)));

  const together = build(g, { ...inputs, lengths: g.constant(LENGTHS, "int32") });
  const losses = LENGTHS.map((length, row) => {
    const only = (value: Value): Value => g.slice(value, 1, row, row + 1);
    const { initialHidden, initialCell } = inputs;
    const states = build(g, {
      ...inputs,
      x: g.slice(only(inputs.x), 0, 0, length),
      initialHidden: only(initialHidden),
      ...(initialCell === undefined ? {} : { initialCell: only(initialCell) }),
    });
    const all = g.slice(g.slice(onAll, 2, row, row + 1), 0, 0, length);
    return weighed(states, all, only(onLast));
  });
  const apart = losses.reduce((sum, loss) => g.add(sum, loss));
  const wrt = Object.values(inputs);
  const ways = [weighed(together, onAll, onLast), apart].map((loss) => [
    loss,
    ...gradient(g, loss, wrt),
  ]);
  const named = Object.fromEntries(
    ways.flatMap((list, way) => list.map((value, k) => [`${way}.${k}`, value] as const)),
  );
  const fed = [...wrt, onAll, onLast];
  const answered = evaluate(g, fed, drawn(fed), named);
  const read = (way: number, k: number): number[] => [
    ...dataOf(answered[`${way}.${k}`], "float32"),
  ];
  return [0, ...wrt.map((_, k) => k + 1)].map((k) => ({ batch: read(0, k), alone: read(1, k) }));
}

test.each(Object.keys(LAYERS))("%s: sequences of different lengths as each alone", (name) => {
  const layer = LAYERS[name];
  if (layer === undefined) throw new RangeError(name);
  for (const { batch, alone } of inBatchAndAlone(layer)) {
    const scale = Math.max(...alone.map(Math.abs));
    const difference = Math.max(...batch.map((value, k) => Math.abs(value - alone[k]!)));
    expect(difference / scale).toBeLessThan(3e-6);
  }
});
