/**
 * What a run costs beside the steps in it: entering the runtime, and taking over the state that
 * it writes. Times steps that do next to nothing on states of several sizes, one a run.
 * `chooseMode` of packages/autograd goes by these two figures.
 */
import { initialState, openTrainer, sgd, trainStep, zeros } from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import { median } from "../quantiles.ts";

const SIZES = [1, 1 << 20, 1 << 22, 1 << 24];
const RUNS = 21;

/** Two steps that differ in the state alone: the larger one also holds numbers that stay. */
function millisecondsAStep(size: number): { one: number; many: number } {
  const step = trainStep({
    parameters: [{ name: "w", shape: [size], initial: zeros }],
    batch: [{ name: "x", dtype: "float32", shape: [1] }],
    build: (g, { w }, { x }) => ({ loss: g.mul(g.reduceSum(w), g.reduceSum(x)) }),
    optimiser: sgd(),
  });
  const state = initialState(step, 1);
  const x = tensor("float32", [1], Float32Array.of(0));
  const one = openTrainer(step, state, { mode: "one" });
  const timed = (run: () => void, steps: number): number => {
    run();
    const times = Array.from({ length: RUNS }, () => {
      const began = performance.now();
      run();
      return (performance.now() - began) / steps;
    });
    return median(times);
  };
  const alone = timed(() => one.step({ x }, 0.1), 1);
  one.close();
  const STEPS = 16;
  const many = openTrainer(step, state, { mode: "many" });
  const rates = Array.from({ length: STEPS }, () => 0.1);
  const stacked = { x: tensor("float32", [STEPS, 1], new Float32Array(STEPS)) };
  const together = timed(() => many.steps(stacked, rates), STEPS);
  many.close();
  return { one: alone, many: together };
}

for (const size of SIZES) {
  const { one, many } = millisecondsAStep(size);
  const megabytes = (size * 4) / 1e6;
  console.log(
    `${megabytes.toFixed(3).padStart(8)} MB of state: ${one.toFixed(3)} ms a step alone, ` +
      `${many.toFixed(3)} ms in a run of 16: ${(one - many).toFixed(3)} ms less`,
  );
}
