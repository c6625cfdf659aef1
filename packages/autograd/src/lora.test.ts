import { readFileSync } from "node:fs";

import {
  dataOf,
  decodeModel,
  encodeModel,
  openSession,
  tensor,
  upConvert,
} from "@groundswell/onnx";
import type { Model, Tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { GraphError } from "./errors.ts";
import { fineTune } from "./fine-tune.ts";
import { foldParameters, inferenceModel } from "./inference.ts";
import { addLora, decodeAdapters, encodeAdapters, LORA_PARAMETERS, mergeLora } from "./lora.ts";
import { meanSquared } from "./losses.ts";
import { adam } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { openTrainer } from "./trainer.ts";

const stream = randomStream(4);
const drawn = (dims: readonly number[], purpose: number): Tensor<"float32"> =>
  tensor(
    "float32",
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, k) =>
      stream.normal(k, purpose),
    ),
  );

/** x·W₁ + b, squashed, ·W₂ᵀ twice as large: a product each way that a weight may lie. */
const base: Model = decodeModel(
  foldParameters(
    inferenceModel({
      parameters: [
        { name: "first.w", shape: [6, 8] },
        { name: "second.w", shape: [3, 8] },
        { name: "b", shape: [8] },
      ],
      inputs: [{ name: "x", dtype: "float32", shape: ["N", 6] }],
      build: (g, { "first.w": w1, "second.w": w2, b }, { x }) => ({
        y: g.gemm(g.tanh(g.add(g.matmul(x, w1), b)), w2, null, { transB: true, alpha: 2 }),
      }),
    }),
    { "first.w": drawn([6, 8], 1), "second.w": drawn([3, 8], 2), b: drawn([8], 3) },
  ),
);

const x = drawn([16, 6], 5);
const y = drawn([16, 3], 6);

function answer(model: Model, feeds: Record<string, Tensor> = { x }): Float32Array {
  const session = openSession(encodeModel(model));
  const [output] = Object.values(session.run(feeds));
  session.close();
  return dataOf(output, "float32");
}

const distance = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] ?? Number.NaN))), 0);

const options = { weights: ["*.w"], rank: 2, alpha: 6, seed: 1 };

function train(model: Model, steps: number) {
  const tuning = fineTune(model, {
    trainable: LORA_PARAMETERS,
    targets: [{ name: "target", dtype: "float32", shape: ["N", 3] }],
    loss: (g, value) => meanSquared(g, value("y"), value("target")),
    optimiser: adam(),
  });
  const trainer = openTrainer(tuning.step, initialState(tuning.step, 1), { mode: "one" });
  const losses = Array.from({ length: steps }, () => trainer.step({ x, target: y }, 0.02));
  const values = trainer.parameters();
  trainer.close();
  return { tuning, values, losses };
}

test("a model with fresh adapters computes what it did", () => {
  expect(answer(addLora(base, options))).toEqual(answer(base));
});

test("only the adapters train, and merged into the weights they compute the same", () => {
  const { tuning, values, losses } = train(addLora(base, options), 40);
  const names = ["first.w.lora.a", "first.w.lora.b", "second.w.lora.a", "second.w.lora.b"];
  expect(Object.keys(values).toSorted()).toEqual(names);
  expect(tuning.step.state.filter(({ slot }) => slot === null)).toHaveLength(4);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);

  const withAdapters = answer(decodeModel(tuning.withWeights(values)));
  const merged = mergeLora(base, { values, rank: 2, alpha: 6 });
  expect(distance(answer(merged), withAdapters)).toBeLessThan(1e-5);
  expect(distance(answer(base), withAdapters)).toBeGreaterThan(0.1);
  expect(merged.graph.nodes).toEqual(base.graph.nodes);
});

test("adapters are saved alone", () => {
  const { values } = train(addLora(base, options), 3);
  const adapters = { values, rank: 2, alpha: 6 };
  const bytes = encodeAdapters(adapters);
  expect(decodeAdapters(bytes)).toEqual(adapters);
  expect(bytes.length).toBeLessThan(1000);
});

test("adapters for a model that PyTorch wrote", () => {
  const path = new URL("../test-data/bert.dynamo.onnx", import.meta.url);
  const bert = upConvert(decodeModel(readFileSync(path)));
  const products = bert.graph.nodes.filter(({ op }) => op === "Gemm" || op === "MatMul");
  const weights = products.flatMap(({ inputs: [, weight = ""] }) =>
    bert.graph.initializers.some(({ name, dims }) => name === weight && dims.length === 2)
      ? [weight]
      : [],
  );
  const adapted = addLora(bert, { weights, rank: 4, seed: 2 });
  expect(weights.length).toBeGreaterThan(4);
  expect(adapted.graph.initializers.length - bert.graph.initializers.length).toBe(
    3 * new Set(weights).size,
  );
});

test("what can't have an adapter is refused", () => {
  expect(() => addLora(base, { ...options, weights: ["nothing"] })).toThrow(GraphError);
  const wrong = { values: { "other.w.lora.a": new Float32Array(12) }, rank: 2, alpha: 6 };
  expect(() => mergeLora(base, wrong)).toThrow(/other\.w/);
  const small = { values: { "first.w.lora.a": new Float32Array(3) }, rank: 2, alpha: 6 };
  expect(() => mergeLora(base, small)).toThrow(/isn't of rank 2/);
});
