import { dataOf, decodeModel, openSession, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { initialState } from "./dense-state.ts";
import { importModel } from "./import.ts";
import { foldParameters, inferenceModel } from "./inference.ts";
import { xavier, zeros } from "./initialisers.ts";
import { crossEntropy } from "./losses.ts";
import { sgd } from "./optimisers.ts";
import { randomStream } from "./random.ts";
import { trainStep } from "./train-step.ts";
import { openTrainer } from "./trainer.ts";

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
