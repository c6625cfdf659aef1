// TensorFlow.js (wasm) as a contender: the two dense networks, same sizes, same optimisers.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = process.env.TFJS;
const require = createRequire(join(folder, "package.json"));
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(join(folder, "node_modules/@tensorflow/tfjs-backend-wasm/dist/"));
await tf.setBackend("wasm");
await tf.ready();

const SIZES = { "mlp-tiny": [32, 64, 1, 1], "mlp-784": [784, 256, 10, 128] };
const [inputs, hidden, outputs, batch] = SIZES[process.argv[2]];
const parameters = [[inputs, hidden], [hidden], [hidden, outputs], [outputs]].map((shape) =>
  tf.variable(tf.randomNormal(shape, 0, 0.05)),
);
const optimiser = outputs === 1 ? tf.train.sgd(0.01) : tf.train.adam(0.001);
const x = tf.randomNormal([batch, inputs]);
const y =
  outputs === 1
    ? tf.ones([batch, 1])
    : tf.oneHot(tf.randomUniform([batch], 0, outputs, "int32"), outputs);

function step() {
  optimiser.minimize(() => {
    const [w1, b1, w2, b2] = parameters;
    const logits = x.matMul(w1).add(b1).relu().matMul(w2).add(b2);
    return outputs === 1
      ? tf.losses.sigmoidCrossEntropy(y, logits)
      : tf.losses.softmaxCrossEntropy(y, logits);
  });
}

for (let i = 0; i < 3; i++) step();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const steps = Number(line);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  for (let i = 0; i < steps; i++) step();
  await parameters[0].data();
  const wallMs = (performance.now() - before) / steps;
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(JSON.stringify({ wallMs, cpuMs: (user + system) / 1000 / steps }));
}
