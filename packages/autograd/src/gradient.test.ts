import { dataOf, defineOperator, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { GraphError } from "./errors.ts";
import { evaluate } from "./gradcheck.ts";
import { gradient } from "./gradient.ts";
import { createGraph } from "./graph.ts";
import type { Value } from "./value.ts";

/** Runs a graph of one float32 input `x`. */
function run(
  g: ReturnType<typeof createGraph>,
  x: Value,
  numbers: readonly number[],
  output: Value,
): number[] {
  const dims = x.shape.map((dim) => (typeof dim === "number" ? dim : numbers.length));
  const feeds = { [x.name]: tensor("float32", dims, Float32Array.from(numbers)) };
  return [...dataOf(evaluate(g, [x], feeds, { y: output })["y"], "float32")];
}

test("slopes that arrive from several places add up", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  // x² + 3x + x·sum(x)
  const loss = g.reduceSum(g.add(g.add(g.square(x), g.mul(3, x)), g.mul(x, g.reduceSum(x))));
  const [slope = x] = gradient(g, loss, [x]);
  expect(slope.shape).toEqual(["N"]);
  expect(run(g, x, [1, -2, 4], slope)).toEqual([2 + 3 + 6, -4 + 3 + 6, 8 + 3 + 6]);
});

test("a gradient can be differentiated again", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  const cube = g.reduceSum(g.mul(x, g.square(x)));
  const [first = x] = gradient(g, cube, [x]);
  const [second = x] = gradient(g, g.reduceSum(first), [x]);
  expect(run(g, x, [1, 2, -3], first)).toEqual([3, 12, 27]);
  expect(run(g, x, [1, 2, -3], second)).toEqual([6, 12, -18]);
});

test("a sum over broadcast axes keeps the ones of the value's shape", () => {
  const g = createGraph();
  const x = g.input("x", "float32", [2, 1]);
  const wide = g.mul(x, g.constant([1, 2, 3, 4, 5, 6], "float32", [3, 1, 2]));
  const [slope = x] = gradient(g, g.reduceSum(wide), [x]);
  expect(slope.shape).toEqual([2, 1]);
  expect(run(g, x, [1, 1], slope)).toEqual([21, 21]);
});

test("nothing is emitted for inputs that aren't asked for", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 4]);
  const w = g.input("w", "float32", [4, 2]);
  const loss = g.reduceSum(g.gemm(x, w));
  const before = g.nodes.length;
  gradient(g, loss, [w]);
  const products = g.nodes.slice(before).filter((node) => node.operator.name === "Gemm");
  expect(products).toHaveLength(1);
});

test("a flat operator stops the walk, and what lies only behind it doesn't count", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  const mask = g.cast(g.greater(x, 0), "float32");
  const [slope = x] = gradient(g, g.reduceSum(g.mul(x, mask)), [x]);
  expect(run(g, x, [2, -1], slope)).toEqual([1, 0]);
  expect(() => gradient(g, g.reduceSum(mask), [x])).toThrow(/doesn't depend on "x"/);
});

test("a cast carries the slope back in the type of its input", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  const [slope = x] = gradient(g, g.reduceSum(g.square(g.cast(x, "float64"))), [x]);
  expect(slope.dtype).toBe("float32");
  expect(run(g, x, [3], slope)).toEqual([6]);
});

test("an undifferentiable operator is refused by name, with the reason", () => {
  const Unwritten = defineOperator({ name: "Unwritten", shape: ([x]) => x });
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  const loss = g.reduceSum(g.emit(Unwritten, [x]));
  expect(() => gradient(g, loss, [x])).toThrow(
    new GraphError(
      "Unwritten (node Unwritten.0) has no gradient: no rule is written for this operator. " +
        'It isn\'t needed where "x" is frozen',
    ),
  );
});

test("outputs of one operator that the loss leaves out count as zero", () => {
  const g = createGraph();
  const x = g.input("x", "float32", [4]);
  const [, last = x] = g.split(x, 0, [3, 1]);
  const [slope = x] = gradient(g, g.reduceSum(g.square(last)), [x]);
  expect(run(g, x, [1, 2, 3, 4], slope)).toEqual([0, 0, 0, 8]);
});

test("the loss must be a float scalar", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N"]);
  expect(() => gradient(g, x, [x])).toThrow(/not a float scalar/);
});
