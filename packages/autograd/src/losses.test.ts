import { dataOf, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { evaluate } from "./gradcheck.ts";
import { createGraph } from "./graph.ts";
import { crossEntropy, meanSquared } from "./losses.ts";

const matrix = (rows: readonly (readonly number[])[]) =>
  tensor("float32", [rows.length, rows[0]?.length ?? 0], Float32Array.from(rows.flat()));

test("cross-entropy weighs each row by what its targets add up to", () => {
  const g = createGraph();
  const logits = g.input("logits", "float32", ["N", 3]);
  const targets = g.input("targets", "float32", ["N", 3]);
  const loss = crossEntropy(g, logits, targets);
  const x = [
    [1, 2, 3],
    [0, 0, 0],
    [9, 9, 9],
  ];
  const y = [
    [0, 0, 0.5],
    [0.1, 0.1, 0],
    [0, 0, 0],
  ];
  const answered = evaluate(
    g,
    [logits, targets],
    { logits: matrix(x), targets: matrix(y) },
    { loss },
  );
  const first = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3;
  expect(dataOf(answered["loss"], "float32")[0]).toBeCloseTo(0.5 * first + 0.2 * Math.log(3), 5);
});

test("mean squared error with and without weights", () => {
  const g = createGraph();
  const a = g.input("a", "float32", ["N", 2]);
  const b = g.input("b", "float32", ["N", 2]);
  const weights = g.input("weights", "float32", ["N"]);
  const feeds = {
    a: matrix([
      [1, 2],
      [3, 4],
    ]),
    b: matrix([
      [1, 0],
      [0, 0],
    ]),
    weights: tensor("float32", [2], Float32Array.of(1, 0.5)),
  };
  const plain = meanSquared(g, a, b);
  const weighted = meanSquared(g, a, b, weights);
  const answered = evaluate(g, [a, b, weights], feeds, { plain, weighted });
  expect(dataOf(answered["plain"], "float32")[0]).toBe((4 + 9 + 16) / 4);
  expect(dataOf(answered["weighted"], "float32")[0]).toBe(4 / 2 + (0.5 * (9 + 16)) / 2);
});

test("output and target must have one shape", () => {
  const g = createGraph();
  const a = g.input("a", "float32", ["N", 2]);
  const b = g.input("b", "float32", ["N"]);
  expect(() => crossEntropy(g, a, b)).toThrow(/differ/);
});
