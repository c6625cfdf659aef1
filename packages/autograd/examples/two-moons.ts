import {
  adam,
  crossEntropy,
  foldParameters,
  inferenceModel,
  initialState,
  openTrainer,
  randomStream,
  trainStep,
  xavier,
  zeros,
  type Graph,
  type Value,
} from "@groundswell/autograd";
import { dataOf, openSession, tensor } from "@groundswell/onnx";

// Two moons that reach into each other: x [N, 2], target [N, 2] one-hot over N.
const N = 400;
const random = randomStream(7);
const moon = (row: number) => row % 2;
const xs = Float32Array.from({ length: N * 2 }, (_, k) => {
  const row = k >> 1;
  const angle = Math.PI * random.uniform(row, 0);
  const at = k % 2 === 0 ? Math.cos(angle) + moon(row) : Math.sin(angle) * (1 - 2 * moon(row));
  return at + (k % 2 === 1 ? moon(row) * 0.5 : 0) + 0.1 * random.normal(k, 1);
});
const x = tensor("float32", [N, 2], xs);
const target = tensor(
  "float32",
  [N, 2],
  Float32Array.from({ length: N * 2 }, (_, k) => (moon(k >> 1) === k % 2 ? 1 / N : 0)),
);

// The model: what it is made of, and how an input becomes logits.
const parameters = [
  { name: "w1", shape: [2, 16], initial: xavier },
  { name: "b1", shape: [16], initial: zeros },
  { name: "w2", shape: [16, 2], initial: xavier },
  { name: "b2", shape: [2], initial: zeros },
];
const logits = (g: Graph, p: Readonly<Record<string, Value>>, input: Value): Value =>
  g.gemm(g.tanh(g.gemm(input, p["w1"]!, p["b1"])), p["w2"]!, p["b2"]);

// One step of training: forward, loss, gradient and update, as one ONNX graph.
const step = trainStep({
  parameters,
  batch: [
    { name: "x", dtype: "float32", shape: ["N", 2] },
    { name: "target", dtype: "float32", shape: ["N", 2] },
  ],
  build: (g, p, batch) => ({ loss: crossEntropy(g, logits(g, p, batch.x), batch.target) }),
  optimiser: adam(),
});
const trainer = openTrainer(step, initialState(step, 1), { mode: "one" });
for (let epoch = 0; epoch <= 400; epoch++) {
  const loss = trainer.step({ x, target }, 0.02);
  if (epoch % 100 === 0) console.log(`step ${epoch}: loss ${loss.toFixed(4)}`);
}

// What comes out is a plain ONNX model that any runtime can use.
const model = foldParameters(
  inferenceModel({
    parameters,
    inputs: [{ name: "x", dtype: "float32", shape: ["N", 2] }],
    build: (g, p, inputs) => ({ moon: g.argMax(logits(g, p, inputs.x), 1) }),
  }),
  Object.fromEntries(
    Object.entries(trainer.parameters()).map(([name, values], i) => [
      name,
      tensor("float32", parameters[i]!.shape, values),
    ]),
  ),
);
const answers = dataOf(openSession(model).run({ x })["moon"], "int64");
const right = answers.filter((answer, row) => Number(answer) === moon(row)).length;
console.log(`${right} of ${N} right, ${model.length} bytes of ONNX`);
