import { openTrainer } from "@groundswell/autograd";
import { type Provider, type RunsOn, tensor, type Tensor } from "@groundswell/onnx";

import type { Architecture, Weights } from "../recipe.ts";
import { freshState, openStepper, stepOf, TARGETS } from "../stepper.ts";
import { createTargets, type Target } from "../targets.ts";

/** An example as a step sees it. */
export interface Seen extends Target {
  features: unknown;
}

/** Runs training steps over batches, several at once where the model allows it. */
export interface EpochRunner {
  /** How many batches of equal size `run` takes at most. */
  readonly together: number;
  readonly provider: Provider;
  /** @param batches all of one size @returns the loss of each before its update */
  run(batches: readonly (readonly Seen[])[], learningRates: readonly number[]): number[];
  /** Copies of the dense parameters; tables as they are. */
  weights(): Weights;
  close(): void;
}

/**
 * Between two runs a training can be stopped and says how far it is: about a tenth of a second of
 * a small model.
 */
const STEPS_TOGETHER = 32;

/** Takes a copy of `start`. */
export function openEpochRunner(
  architecture: Architecture,
  start: Weights,
  runsOn: RunsOn,
): EpochRunner {
  const withTables = Object.keys(architecture.tableRows).length > 0;
  return withTables
    ? openOneByOne(architecture, start, runsOn)
    : openManyAtOnce(architecture, start, runsOn);
}

/** Each batch touches other rows of the tables: a step is a run of its own. */
function openOneByOne(architecture: Architecture, start: Weights, runsOn: RunsOn): EpochRunner {
  const { optimiser } = architecture.batch;
  const stepper = openStepper(architecture, optimiser, start, runsOn);
  const batcher = architecture.createBatcher();
  const targets = createTargets(architecture.classes.length);
  return {
    together: 1,
    provider: stepper.provider,
    run: (batches, learningRates) =>
      batches.map((batch, k) => {
        const together = batcher.together(batch.map(({ features }) => features));
        return stepper.step(together, targets(batch), learningRates[k] ?? 0);
      }),
    weights: () => stepper.live(),
    close: () => stepper.close(),
  };
}

/** The state stays inside the runtime from step to step: going in and out costs more than the step. */
function openManyAtOnce(architecture: Architecture, start: Weights, runsOn: RunsOn): EpochRunner {
  const step = stepOf(architecture, architecture.batch.optimiser);
  const { t, tensors } = freshState(architecture, step, start);
  const values = Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]);
  const trainer = openTrainer(
    step,
    { t, values: Object.fromEntries(values) },
    { mode: "many", ...runsOn },
  );
  const batcher = architecture.createBatcher();
  const targets = createTargets(architecture.classes.length);

  return {
    together: STEPS_TOGETHER,
    provider: trainer.provider,
    run(batches, learningRates) {
      const steps = batches.length;
      const { inputs } = batcher.together(batches.flat().map(({ features }) => features));
      const wanted = batches.map((batch) => targets(batch).data.slice());
      const feeds: Record<string, Tensor> = {
        [TARGETS]: stack(wanted, architecture.classes.length),
      };
      for (const [name, { dtype, dims, data }] of Object.entries(inputs)) {
        const [all = 0, ...rest] = dims;
        feeds[name] = { dtype, dims: [steps, all / steps, ...rest], data } as Tensor;
      }
      return Array.from(trainer.steps(feeds, learningRates));
    },
    weights: () => {
      const parameters = Object.entries(trainer.parameters()).map(([name, data]) => [
        name,
        tensor("float32", tensors[name]?.dims ?? [], data as Float32Array<ArrayBuffer>),
      ]);
      return { dense: Object.fromEntries(parameters), tables: {} };
    },
    close: () => trainer.close(),
  };
}

/** `[batches, examples, classes]` */
function stack(batches: readonly Float32Array[], classes: number): Tensor {
  const [first] = batches;
  const size = first?.length ?? 0;
  const all = new Float32Array(batches.length * size);
  for (const [k, batch] of batches.entries()) all.set(batch, k * size);
  return tensor("float32", [batches.length, size / classes, classes], all);
}
