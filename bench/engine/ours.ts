import { openTrainer, trainStep } from "@groundswell/autograd";
import { type Tensor, tensor } from "@groundswell/onnx";

import { CASES } from "./cases.ts";
import { serveRounds } from "./contender.ts";
import { firstState } from "./exchange.ts";

const [name = "", mode = "one", threads = "1"] = process.argv.slice(2);
const engineCase = CASES[name];
if (engineCase === undefined) throw new RangeError(`No case "${name}"`);
const training = engineCase.training();
const step = trainStep(training.step);
const state = firstState(step);
const batches = Array.from({ length: 4 }, (_, i) => training.batch(i + 1));
const first = batches[0] ?? {};

/** K batches as one, with a leading size K. */
function stacked(count: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(first).map(([input, { dtype, dims, data }]) => {
      const all = new (data.constructor as Float32ArrayConstructor)(data.length * count);
      for (let k = 0; k < count; k++) {
        const one = batches[k % batches.length]?.[input]?.data as Float32Array | undefined;
        all.set(one ?? [], k * data.length);
      }
      return [input, tensor(dtype, [count, ...dims], all as never)];
    }),
  );
}

const RATE = engineCase.learningRate;
if (mode === "one") {
  const trainer = openTrainer(step, state, { mode: "one", threads: Number(threads) });
  const run = (steps: number): void => {
    for (let i = 0; i < steps; i++) trainer.step(batches[i % batches.length] ?? first, RATE);
  };
  run(3);
  await serveRounds(run);
  trainer.close();
} else {
  const count = Number(mode.split(":")[1]);
  const trainer = openTrainer(step, state, { mode: "many", threads: Number(threads) });
  const data = stacked(count);
  const rates = Array.from({ length: count }, () => RATE);
  const run = (steps: number): void => {
    for (let done = 0; done < steps; done += count) trainer.steps(data, rates);
  };
  run(count);
  await serveRounds(run);
  trainer.close();
}
