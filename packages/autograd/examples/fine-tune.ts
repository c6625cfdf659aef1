import { readFileSync } from "node:fs";

import * as engine from "@groundswell/autograd";
import { openSession, tensor } from "@groundswell/onnx";

// A text classifier that PyTorch exported: an LSTM over tokens, three classes.
const exported = readFileSync(new URL("../test-data/lstm.dynamo.onnx", import.meta.url));

// What is wrong, as a number; `value` knows the model's inputs and outputs and the targets.
const tuning = engine.fineTune(exported, {
  targets: [{ name: "wanted", dtype: "float32", shape: ["batch", 3] }],
  loss: (g, value) => engine.crossEntropy(g, value("y"), value("wanted")),
  optimiser: engine.adam(),
});

// Sixteen texts of five words; the class is that of the first word.
const stream = engine.randomStream(1);
const words = Array.from({ length: 80 }, (_, k) => stream.below(20, k));
const tokens = tensor("int64", [16, 5], BigInt64Array.from(words, BigInt));
const wanted = tensor("float32", [16, 3], new Float32Array(48));
for (let text = 0; text < 16; text++) wanted.data[3 * text + (words[5 * text]! % 3)] = 1 / 16;

const start = engine.initialState(tuning.step, 1);
const trainer = engine.openTrainer(tuning.step, start, { mode: "one" });
for (let i = 0; i <= 200; i++) {
  const loss = trainer.step({ tokens, wanted }, 0.01);
  if (i % 50 === 0) console.log(`step ${i}: loss ${loss.toFixed(5)}`);
}

// The model as PyTorch wrote it, with other weights.
const tuned = openSession(tuning.withWeights(trainer.parameters()));
console.log(`answers: ${Object.keys(tuned.run({ tokens })).join(", ")}`);
