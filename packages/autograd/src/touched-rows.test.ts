import { SessionError, tensor } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";
import type { Dim } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { GraphError } from "./errors.ts";
import { normal, zeros } from "./initialisers.ts";
import type { Initialiser } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { adagrad, adam, adamW, ftrl, rmsProp, sgd } from "./optimisers.ts";
import type { Optimiser } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import type { TouchedRows } from "./touched-rows.ts";
import { trainStep } from "./train-step.ts";
import type { TrainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

const TABLE_ROWS = 30;
const WIDTH = 5;
const CLASSES = 3;
const EXAMPLES = 4;

/** Bag of rows → classes. With a symbol for `rows` the table lives outside. */
function bagClassifier(
  rows: Dim,
  optimiser: Optimiser = adagrad(),
  initial: Initialiser = normal(0.1),
): TrainStep {
  return trainStep({
    parameters: [
      { name: "table", shape: [rows, WIDTH], initial },
      { name: "w", shape: [WIDTH, CLASSES], initial: normal(0.5) },
    ],
    batch: [
      { name: "bag", dtype: "float32", shape: ["N", rows] },
      { name: "y", dtype: "float32", shape: ["N", CLASSES] },
    ],
    build: (g, { table, w }, { bag, y }) => ({
      loss: crossEntropy(g, g.gemm(g.gemm(bag, table), w), y),
    }),
    optimiser,
  });
}

/** Rows that step t touches: some, in no order, a different number each time. */
const touchedAt = (t: number): number[] =>
  Array.from({ length: 3 + (t % 4) }, (_, i) => (7 * t + 11 * i) % TABLE_ROWS);

function targets(t: number): Tensor {
  const y = new Float32Array(EXAMPLES * CLASSES);
  for (let n = 0; n < EXAMPLES; n++) y[n * CLASSES + ((n + t) % CLASSES)] = 1 / EXAMPLES;
  return tensor("float32", [EXAMPLES, CLASSES], y);
}

/** Weight of touched row i in example n, placed at `column(i)` of `columns`. */
function bagOf(
  t: number,
  columns: number,
  column: (i: number) => number,
  touched: readonly number[] = touchedAt(t),
): Tensor {
  const stream = randomStream(6);
  const bag = new Float32Array(EXAMPLES * columns);
  for (const i of touched.keys()) {
    for (let n = 0; n < EXAMPLES; n++) {
      bag[n * columns + column(i)] = stream.uniform(i * EXAMPLES + n, t);
    }
  }
  return tensor("float32", [EXAMPLES, columns], bag);
}

const buffers = (): Float32Array[] => [0, 1].map(() => new Float32Array(TABLE_ROWS * WIDTH));

interface Course {
  readonly optimiser: Optimiser;
  readonly initial?: Initialiser;
  readonly touched: (t: number) => readonly number[];
}

const always = [3, 17, 8, 21];

/** What a zero slope changes nothing of, may miss steps; of the others only rows in every batch agree. */
const courses: readonly Course[] = [
  { optimiser: sgd(), touched: touchedAt },
  { optimiser: adagrad(), touched: touchedAt },
  { optimiser: ftrl({ lambda1: 1e-3 }), initial: zeros, touched: touchedAt },
  { optimiser: sgd({ momentum: 0.9, nesterov: true }), touched: () => always },
  { optimiser: rmsProp(), touched: () => always },
  { optimiser: adam(), touched: () => always },
  { optimiser: adamW({ weightDecay: 0.1 }), touched: () => always },
];

test.each(courses)(
  "$optimiser.name: steps on touched rows do what steps on the whole table do",
  ({ optimiser, initial, touched }) => {
    const whole = bagClassifier(TABLE_ROWS, optimiser, initial);
    const start = initialState(whole, 3);
    const wholeTrainer = openTrainer(whole, start, { mode: "one" });

    const step = bagClassifier("R", optimiser, initial);
    const names = ["table", ...optimiser.slots.map((slot) => `table.${slot}`)];
    const table = names.map((name) => start.values[name]?.slice() ?? new Float32Array(0));
    const trainer = openTrainer(step, start, { mode: "one" });

    // Used again and again, larger than any batch needs.
    const next = names.map(() => new Float32Array(TABLE_ROWS * WIDTH));
    const seen = new Set<number>();
    for (let t = 0; t < 20; t++) {
      const ids = touched(t);
      for (const id of ids) seen.add(id);
      const rows: TouchedRows = { rows: Int32Array.from(ids), table, next };
      const bag = bagOf(t, ids.length, (i) => i, ids);
      const loss = trainer.step({ bag, y: targets(t) }, 0.05, { table: rows });
      for (const [array, target] of table.entries()) {
        for (const [i, id] of ids.entries()) {
          const row = next[array]?.subarray(i * WIDTH, (i + 1) * WIDTH) ?? [];
          target.set(row, id * WIDTH);
        }
      }
      const wholeBag = bagOf(t, TABLE_ROWS, (i) => ids[i] ?? 0, ids);
      expect(loss).toBeCloseTo(wholeTrainer.step({ bag: wholeBag, y: targets(t) }, 0.05), 5);
    }

    const expected = wholeTrainer.state().values;
    for (const [array, name] of names.entries()) {
      for (const id of seen) {
        const row = (of: Float32Array | undefined) => [
          ...(of?.subarray(id * WIDTH, (id + 1) * WIDTH) ?? []),
        ];
        for (const [k, value] of row(expected[name]).entries())
          expect(row(table[array])[k]).toBeCloseTo(value, 5);
      }
    }
    expect(Object.keys(trainer.state().values)).not.toContain("table");
    trainer.close();
    wholeTrainer.close();
  },
);

test("rows that are missing, incomplete, outside the table or aliased are refused", () => {
  const step = bagClassifier("R");
  const trainer = openTrainer(step, initialState(step, 3), { mode: "one" });
  const batch = { bag: bagOf(0, 3, (i) => i), y: targets(0) };
  const [table, next] = [buffers(), buffers()];
  const rows = Int32Array.of(0, 1, 2);
  expect(() => trainer.step(batch, 0.1)).toThrow(GraphError);
  const incomplete = { rows, table, next: [new Float32Array(3 * WIDTH)] };
  expect(() => trainer.step(batch, 0.1, { table: incomplete })).toThrow(/lack "table.sum"/);
  const outside = { rows: Int32Array.of(0, 1, TABLE_ROWS), table, next };
  expect(() => trainer.step(batch, 0.1, { table: outside })).toThrow(SessionError);
  const aliased = { rows, table, next: table };
  expect(() => trainer.step(batch, 0.1, { table: aliased })).toThrow(SessionError);
  expect(trainer.t).toBe(0);
  trainer.close();
});

test("a step with touched rows runs one at a time", () => {
  const step = bagClassifier("R");
  expect(() => step.manySteps()).toThrow(/differ from step to step/);
  expect(() => step.epoch()).toThrow(/differ from step to step/);
});
