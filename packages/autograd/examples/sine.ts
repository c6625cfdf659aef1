import * as engine from "@groundswell/autograd";
import { dataOf, openSession, tensor } from "@groundswell/onnx";

// The curve to learn: y = sin x on 200 points.
const points = Float32Array.from({ length: 200 }, (_, i) => (i - 100) / 30);
const x = tensor("float32", [200, 1], points);
const y = tensor("float32", [200, 1], points.map(Math.sin));

// The network: its parameters, and how an input becomes an answer.
const { xavier, zeros } = engine;
const parameters = [
  { name: "w1", shape: [1, 16], initial: xavier },
  { name: "b1", shape: [16], initial: zeros },
  { name: "w2", shape: [16, 1], initial: xavier },
  { name: "b2", shape: [1], initial: zeros },
] as const;
type Weights = Record<(typeof parameters)[number]["name"], engine.Value>;
const answer = (g: engine.Graph, { w1, b1, w2, b2 }: Weights, input: engine.Value) =>
  g.gemm(g.tanh(g.gemm(input, w1, b1)), w2, b2);

// Forward, loss, gradient and update become one ONNX graph, which the runtime runs.
const column = { dtype: "float32", shape: ["N", 1] } as const;
const step = engine.trainStep({
  parameters,
  batch: [
    { name: "x", ...column },
    { name: "y", ...column },
  ],
  build: (g, weights, batch) => ({
    loss: engine.meanSquared(g, answer(g, weights, batch.x), batch.y),
  }),
  optimiser: engine.adam(),
});
const trainer = engine.openTrainer(step, engine.initialState(step, 1), { mode: "one" });
for (let i = 0; i <= 1000; i++) {
  const loss = trainer.step({ x, y }, 0.01);
  if (i % 250 === 0) console.log(`step ${i}: loss ${loss.toFixed(5)}`);
}

// What comes out is a plain model: any runtime of ONNX can use it.
const untrained = engine.inferenceModel({
  parameters,
  inputs: [{ name: "x", ...column }],
  build: (g, weights, inputs) => ({ y: answer(g, weights, inputs.x) }),
});
const learned = Object.entries(trainer.parameters()).map(
  ([name, values], i) => [name, tensor("float32", parameters[i]!.shape, values)] as const,
);
const model = engine.foldParameters(untrained, Object.fromEntries(learned));
const { y: half } = openSession(model).run({ x: tensor("float32", [1, 1], Float32Array.of(0.5)) });
console.log(
  `sin 0.5 = ${dataOf(half, "float32")[0]?.toFixed(3)}, from ${model.length} bytes of ONNX`,
);
