import { encodeFrame, decodeFrame, type Frame } from "@groundswell/models";
import { dataOf, tensor } from "@groundswell/onnx";
import type { Predictor, Weights } from "@groundswell/training";
import { expect, test } from "vitest";

import { createServedModel, type Start } from "./served-model.ts";

/** Weights whose parts all say `k`: a mixture shows. */
const saying = (k: number): Weights => ({
  dense: { bias: tensor("float32", [2], new Float32Array(2).fill(k)) },
  tables: { words: tensor("float32", [4, 1], new Float32Array(4).fill(k)) },
});
const start = (base: number, step: number, k: number): Start => ({
  base,
  step,
  read: () => saying(k),
});

/** Answers with its bias, then its table. @param breaks whether to fail half way through changes */
function open(weights: Weights, breaks = { next: false }): Predictor {
  let current = weights;
  return {
    predict: () =>
      Float32Array.of(
        ...dataOf(current.dense["bias"], "float32"),
        ...dataOf(current.tables["words"], "float32"),
      ),
    replace: (next) => (current = next),
    apply({ dense, tables }) {
      current = { dense, tables: current.tables };
      if (breaks.next) throw new Error("half way");
      for (const { rows, values } of Object.values(tables))
        for (const [i, at] of rows.entries())
          dataOf(current.tables["words"], "float32")[at] = values[i] ?? 0;
    },
    weights: () => current,
    close: () => {},
  };
}

const head = { modelId: "m", fence: 1, base: 1 };
const whole = (step: number, weights: Weights, change = {}): Frame =>
  decodeFrame(
    encodeFrame({ kind: "whole", header: { ...head, from: null, step, ...change }, weights }),
  );
const changes = (from: number, step: number, k: number, rows: number[]): Frame => ({
  kind: "changes",
  header: { ...head, from, step },
  changes: {
    dense: saying(k).dense,
    tables: {
      words: { rows: Int32Array.from(rows), values: new Float32Array(rows.length).fill(k) },
    },
  },
});

test("answers name the weights that made them, from an artifact and from frames", () => {
  const model = createServedModel(open, start(1, 7, 1));
  expect(model.predict([])).toEqual({
    probabilities: Float32Array.of(1, 1, 1, 1, 1, 1),
    version: 1,
    learnedThrough: 7,
  });
  expect(model.receive(whole(8, saying(2)))).toBe("applied");
  expect(model.receive(changes(8, 9, 3, [0, 2]))).toBe("applied");
  expect(model.predict([])).toEqual({
    probabilities: Float32Array.of(3, 3, 3, 2, 3, 2),
    version: 1,
    learnedThrough: 9,
  });
});

test("weights of another shape, rows outside of a table, and numbers that are none are misfits", () => {
  const model = createServedModel(open, start(1, 0, 1));
  model.receive(whole(1, saying(2)));
  const wide = { ...saying(3), dense: { bias: tensor("float32", [3], new Float32Array(3)) } };
  const nan = saying(3);
  dataOf(nan.dense["bias"], "float32")[1] = Number.NaN;
  const infinite = saying(3);
  dataOf(infinite.tables["words"], "float32")[3] = -Infinity;
  for (const weights of [wide, nan, infinite, { ...saying(3), tables: {} }])
    expect(model.receive(whole(9, weights))).toBe("misfit");
  for (const rows of [[4], [-1]]) expect(model.receive(changes(1, 2, 3, rows))).toBe("misfit");
  expect(model.predict([])).toMatchObject({ learnedThrough: 1 });
  expect(model.receive(changes(1, 2, 3, [3]))).toBe("applied");
});

test("changes that break half way leave no mixture: the artifact serves until a whole comes", () => {
  const breaks = { next: false };
  const model = createServedModel((weights) => open(weights, breaks), start(1, 0, 1));
  model.receive(whole(5, saying(5)));
  breaks.next = true;
  expect(model.receive(changes(5, 6, 6, [1]))).toBe("misfit");
  expect(model.predict([])).toEqual({
    probabilities: new Float32Array(6).fill(1),
    version: 1,
    learnedThrough: 0,
  });
  expect(model.receive(changes(5, 7, 7, [1]))).toBe("gap");
  expect(model.receive(whole(8, saying(8)))).toBe("applied");
});

test("another version is taken whole or not at all", () => {
  const model = createServedModel(open, start(1, 0, 1));
  model.receive(whole(5, saying(5)));
  const damaged = {
    ...start(2, 3, 2),
    read: () => {
      throw new Error("damaged");
    },
  };
  expect(() => model.rebase(damaged)).toThrow("damaged");
  expect(() => model.rebase({ ...damaged, read: () => ({ ...saying(2), tables: {} }) })).toThrow(
    "other weights",
  );
  expect(model.predict([])).toMatchObject({ version: 1, learnedThrough: 5 });
  model.rebase(start(2, 3, 2));
  expect(model.predict([])).toEqual({
    probabilities: new Float32Array(6).fill(2),
    version: 2,
    learnedThrough: 3,
  });
  expect(model.receive(whole(6, saying(6)))).toBe("wrong_base");
});
