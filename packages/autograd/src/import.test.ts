import {
  dataOf,
  decodeModel,
  encodeModel,
  openSession,
  tensor,
  zeros as zeroTensor,
} from "@groundswell/onnx";
import type { NodeDef, NumericTensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { GraphError } from "./errors.ts";
import { fineTune } from "./fine-tune.ts";
import type { Graph } from "./graph.ts";
import { importModel } from "./import.ts";
import { foldParameters, inferenceModel } from "./inference.ts";
import { xavier, zeros } from "./initialisers.ts";
import { crossEntropy, meanSquared } from "./losses.ts";
import { sgd } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";
import type { Value } from "./value.ts";

const w = xavier([4, 3], randomStream(1), 0);

/** A model that stands alone: x [N, 4] to probabilities [N, 3]. */
const standalone = foldParameters(
  inferenceModel({
    parameters: [
      { name: "layer.w", shape: [4, 3] },
      { name: "layer.b", shape: [3] },
    ],
    inputs: [{ name: "x", dtype: "float32", shape: ["N", 4] }],
    build: (g, p, { x }) => ({ logits: g.gemm(x, p["layer.w"], p["layer.b"]) }),
  }),
  {
    "layer.w": tensor("float32", [4, 3], w),
    "layer.b": tensor("float32", [3], zeros([3], randomStream(1), 1)),
  },
);

const x = tensor("float32", [2, 4], Float32Array.of(1, 0, 0, 2, 0, -1, 1, 0));

test("what was read computes the same, with its weights as inputs", () => {
  const model = importModel(standalone);
  const rebuilt = inferenceModel(model);
  const weights = Object.fromEntries(
    model.parameters.map(({ name, shape, initial }, index) => {
      const dims = shape.map(Number);
      return [name, tensor("float32", dims, initial(dims, randomStream(0), index))];
    }),
  );
  const answers = [openSession(standalone), openSession(rebuilt)].map((session, index) => {
    const { logits } = session.run(index === 0 ? { x } : { x, ...weights });
    session.close();
    return [...dataOf(logits, "float32")];
  });
  expect(answers[1]).toEqual(answers[0]);
});

test("it trains, and only where its name says so", () => {
  const model = importModel(standalone, { trainable: ["*.w"] });
  expect(model.parameters.map(({ name }) => name)).toEqual(["layer.w"]);
  const step = trainStep({
    parameters: model.parameters,
    batch: [...model.inputs, { name: "target", dtype: "float32", shape: ["N", 3] }],
    build(g, parameters, batch) {
      const { logits, target } = { ...model.build(g, parameters, batch), ...batch };
      if (logits === undefined || target === undefined) throw new Error("They are declared");
      return { loss: crossEntropy(g, logits, target) };
    },
    optimiser: sgd(),
  });
  const trainer = openTrainer(step, initialState(step, 2), { mode: "one" });
  const target = tensor("float32", [2, 3], Float32Array.of(1, 0, 0, 0, 1, 0));
  const losses = Array.from({ length: 20 }, () => trainer.step({ x, target }, 0.3));
  trainer.close();
  expect(losses[19]).toBeLessThan(losses[0]! / 4);
});

test("an operator that nobody described is named, with its node", () => {
  const model = decodeModel(standalone);
  const nodes = model.graph.nodes.map((node) => ({ ...node, op: "Unheard" }));
  const foreign = importModel({ ...model, graph: { ...model.graph, nodes } });
  expect(() => inferenceModel(foreign)).toThrow(/^Unheard \(node ".*"\): there is no description/);
});

test("what looks like a weight trains; masks, statistics and lone constants don't", () => {
  const numbers = (name: string, dims: readonly number[], value = 1): NumericTensor => {
    const { data } = zeroTensor("float32", dims);
    data.fill(value);
    return { name, dtype: "float32", dims, bytes: new Uint8Array(data.buffer) };
  };
  const node = (op: string, inputs: readonly string[], output: string): NodeDef => ({
    op,
    inputs,
    outputs: [output],
    domain: "",
    name: output,
    attributes: {},
  });
  const model = decodeModel(standalone);
  const { parameters } = importModel({
    ...model,
    graph: {
      ...model.graph,
      nodes: [
        node("MatMul", ["x", "weight"], "product"),
        node("Add", ["product", "bias"], "biased"),
        node("BatchNormalization", ["biased", "scale", "shift", "mean", "variance"], "normal"),
        node("Pow", ["normal", "exponent"], "power"),
        node("Add", ["power", "mask"], "logits"),
      ],
      initializers: [
        numbers("weight", [4, 1]),
        numbers("bias", [1]),
        ...["scale", "shift", "mean", "variance", "exponent"].map((name) => numbers(name, [1])),
        numbers("mask", [1, 3], -Infinity),
      ],
    },
  });
  expect(parameters.map(({ name }) => name)).toEqual(["weight", "bias", "scale", "shift"]);
});

test("a pattern that fits no weight is a mistake, and said to be one", () => {
  expect(() => importModel(standalone, { trainable: ["layer.w", "head.*"] })).toThrow(
    new GraphError("No float32 initialiser is called head.*"),
  );
});

test("a Scan that was read trains what its body reads of the graph around it", () => {
  const recurrent = inferenceModel({
    parameters: [{ name: "w", shape: [2, 2] }],
    inputs: [{ name: "x", dtype: "float32", shape: ["T", "N", 2] }],
    build(g, { w }, { x }) {
      const start = g.zerosLike(g.reduceSum(x, { axes: [0] }));
      const { states } = g.scan({ states: [start], sequences: [x] }, (inner, [state], [entry]) => ({
        states: [inner.tanh(inner.matmul(inner.add(state ?? start, entry ?? start), w))],
        kept: [],
      }));
      return { y: states[0] ?? start };
    },
  });
  const weights = tensor("float32", [2, 2], Float32Array.of(0.5, -0.2, 0.1, 0.3));
  const tuning = fineTune(foldParameters(recurrent, { w: weights }), {
    targets: [{ name: "target", dtype: "float32", shape: ["N", 2] }],
    loss: (g, value) => meanSquared(g, value("y"), value("target")),
    optimiser: sgd(),
  });
  const { step } = tuning;
  const trainer = openTrainer(step, initialState(step, 2), { mode: "one" });
  const batch = {
    x: tensor("float32", [3, 1, 2], Float32Array.of(1, 0, 0.5, -1, 0.3, 0.7)),
    target: tensor("float32", [1, 2], Float32Array.of(0.4, -0.3)),
  };
  const losses = Array.from({ length: 40 }, () => trainer.step(batch, 0.5));
  const trained = openSession(tuning.withWeights(trainer.parameters()));
  trainer.close();
  expect(losses[39]).toBeLessThan(losses[0]! / 10);
  const [a = 0, b = 0] = dataOf(trained.run({ x: batch.x })["y"], "float32");
  trained.close();
  expect(((a - 0.4) ** 2 + (b + 0.3) ** 2) / 2).toBeLessThan(losses[0]! / 10);
});

test("the loss asks for outputs, inputs and targets by names that exist", () => {
  const options = {
    targets: [{ name: "target", dtype: "float32", shape: ["N", 3] }],
    optimiser: sgd(),
  } as const;
  expect(() =>
    fineTune(standalone, { ...options, loss: (_, value) => value("probabilities") }),
  ).toThrow(new GraphError('There is no "probabilities" among x, target, logits'));
  const tuning = fineTune(standalone, {
    ...options,
    loss: (g, value) => crossEntropy(g, value("logits"), value("target")),
  });
  expect(() => tuning.withWeights({ "layer.w": new Float32Array(3) })).toThrow(
    /\[4, 3\], not 3 floats/,
  );
  expect(() => tuning.withWeights({ head: new Float32Array(3) })).toThrow(/no weight "head"/);
});

test("where no gradient is written, the error says where, and what to freeze", () => {
  const recurrent = inferenceModel({
    parameters: [
      { name: "words", shape: [5, 2] },
      { name: "rnn.w", shape: [1, 3, 2] },
      { name: "rnn.r", shape: [1, 3, 3] },
      { name: "head", shape: [3, 1] },
    ],
    inputs: [{ name: "tokens", dtype: "int64", shape: ["T", "N"] }],
    build(g, { words, head, ...p }, { tokens }) {
      const { hidden } = g.rnn({ x: g.gather(words, tokens), w: p["rnn.w"], r: p["rnn.r"] });
      return { y: g.matmul(g.squeeze(hidden, [0]), head) };
    },
  });
  const model = decodeModel(recurrent);
  const clipped = model.graph.nodes.map((node): NodeDef => {
    const clip = { kind: "float", value: 3 } as const;
    const attributes = { ...node.attributes, clip };
    return node.op === "RNN" ? { ...node, name: "encoder", attributes } : node;
  });
  const weights = Object.fromEntries(
    model.graph.inputs
      .filter(({ name }) => name !== "tokens")
      .map(({ name, shape }) => [name, zeroTensor("float32", (shape ?? []).map(Number))]),
  );
  const withWeights = foldParameters(
    encodeModel({ ...model, graph: { ...model.graph, nodes: clipped } }),
    weights,
  );
  const options = {
    loss: (g: Graph, value: (name: string) => Value) => g.reduceSum(value("y")),
    optimiser: sgd(),
  };
  expect(() => fineTune(withWeights, options)).toThrow(
    new GraphError(
      "RNN (node encoder) has no gradient: no rule is written for clipped gates. " +
        'It isn\'t needed where "words", "rnn.w", "rnn.r" are frozen',
    ),
  );
  const { step } = fineTune(withWeights, { ...options, trainable: ["head"] });
  expect(step.parameters.map(({ name }) => name)).toEqual(["head"]);
});

test("operators of another set stay in it, and what lies above them trains", () => {
  const weights: NumericTensor = {
    name: "w",
    dtype: "float32",
    dims: [2, 1],
    bytes: new Uint8Array(Float32Array.of(1, 1).buffer),
  };
  const scaler: NodeDef = {
    op: "Scaler",
    domain: "ai.onnx.ml",
    name: "scaler",
    inputs: ["x"],
    outputs: ["scaled"],
    attributes: {
      offset: { kind: "floats", value: [1, 2] },
      scale: { kind: "floats", value: [0.5, 2] },
    },
  };
  const product: NodeDef = {
    op: "MatMul",
    domain: "",
    name: "product",
    inputs: ["scaled", "w"],
    outputs: ["y"],
    attributes: {},
  };
  const source = {
    irVersion: 10,
    producer: "a pipeline",
    operatorSets: [
      { domain: "", version: 21 },
      { domain: "ai.onnx.ml", version: 3 },
    ],
    graph: {
      name: "pipeline",
      nodes: [scaler, product],
      initializers: [weights],
      inputs: [{ name: "x", dtype: "float32", shape: ["N", 2] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["N", 1] }],
    },
  } as const;
  const rebuilt = decodeModel(inferenceModel(importModel(source)));
  expect(rebuilt.graph.nodes.map(({ domain }) => domain)).toEqual(["ai.onnx.ml", ""]);

  const { step } = fineTune(source, {
    loss: (g, value) => g.reduceSum(value("y")),
    optimiser: sgd(),
  });
  const trainer = openTrainer(step, initialState(step, 1), { mode: "one" });
  const x2 = tensor("float32", [1, 2], Float32Array.of(5, 3));
  // (5 − 1) · ½ + (3 − 2) · 2, and the slopes are the two terms.
  expect(trainer.step({ x: x2 }, 1)).toBe(4);
  expect([...(trainer.parameters()["w"] ?? [])]).toEqual([-1, -1]);
  trainer.close();
});
