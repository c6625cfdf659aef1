import { dataOf, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { evaluate } from "./gradcheck.ts";
import { gradient } from "./gradient.ts";
import { createGraph } from "./graph.ts";

const ROWS = 200;
const COLUMNS = 50;

/** What becomes of ones, and the slope that it hands back. */
function dropped(options: { seed: number; stream: number; rate: number }): {
  y: Float32Array;
  slope: Float32Array;
} {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", COLUMNS]);
  const seed = g.input("seed", "int64", []);
  const y = g.dropout(x, { rate: options.rate, stream: options.stream, seed });
  const [slope = x] = gradient(g, g.reduceSum(y), [x]);
  const answered = evaluate(
    g,
    [x, seed],
    {
      x: tensor("float32", [ROWS, COLUMNS], new Float32Array(ROWS * COLUMNS).fill(1)),
      seed: tensor("int64", [], BigInt64Array.of(BigInt(options.seed))),
    },
    { y, slope },
  );
  return { y: dataOf(answered["y"], "float32"), slope: dataOf(answered["slope"], "float32") };
}

const zeros = (values: Float32Array): number => values.filter((value) => value === 0).length;

const shareOfSame = (a: Float32Array, b: Float32Array): number =>
  a.filter((value, i) => value === b[i]).length / a.length;

test.each([0.1, 0.5, 0.9])("a share of %d is dropped, the rest makes up for it", (rate) => {
  const { y, slope } = dropped({ rate, seed: 1, stream: 0 });
  const deviation = Math.sqrt((rate * (1 - rate)) / y.length);
  expect(Math.abs(zeros(y) / y.length - rate)).toBeLessThan(4 * deviation);
  for (const value of new Set(y)) expect([0, Math.fround(1 / (1 - rate))]).toContain(value);
  expect(slope).toEqual(y);
});

test("the same seed drops the same, another seed or stream others", () => {
  const first = dropped({ rate: 0.5, seed: 1, stream: 0 }).y;
  expect(dropped({ rate: 0.5, seed: 1, stream: 0 }).y).toEqual(first);
  const others = [
    dropped({ rate: 0.5, seed: 2, stream: 0 }).y,
    dropped({ rate: 0.5, seed: 1, stream: 1 }).y,
  ];
  for (const other of others) expect(Math.abs(shareOfSame(first, other) - 0.5)).toBeLessThan(0.02);
});

test("rows and columns are dropped evenly", () => {
  const { y } = dropped({ rate: 0.5, seed: 5, stream: 2 });
  for (let column = 0; column < COLUMNS; column++) {
    const kept = y.filter((value, i) => value > 0 && i % COLUMNS === column).length;
    expect(Math.abs(kept / ROWS - 0.5)).toBeLessThan(0.18);
  }
});

test("a rate of 0 leaves everything, one of 1 is refused", () => {
  const g = createGraph();
  const [x, seed] = [g.input("x", "float32", ["N"]), g.input("seed", "int64", [])];
  expect(g.dropout(x, { rate: 0, seed, stream: 0 })).toBe(x);
  expect(() => g.dropout(x, { rate: 1, seed, stream: 0 })).toThrow("dropout rate of 1");
});
