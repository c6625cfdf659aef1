import { encodeModel } from "@groundswell/onnx";

import { applyModel, sumModel } from "./accumulation.ts";
import { graphDefOf, modelOf } from "./emission.ts";
import { GraphError } from "./errors.ts";
import { loopModel, scanModel } from "./many-steps.ts";
import type { Optimiser } from "./optimisers.ts";
import { buildStep, isTable, LOSS, nextName } from "./step-graph.ts";
import type { InputSpec, ParameterSpec, StateSpec, TrainStepOptions } from "./step-graph.ts";
import { withTables } from "./touched-rows.ts";

/** One step of training as ONNX models of standard operators: forward, loss, gradient, update. */
export interface TrainStep {
  readonly parameters: readonly ParameterSpec[];
  readonly batch: readonly InputSpec[];
  readonly optimiser: Optimiser;
  readonly state: readonly StateSpec[];
  /** Parameters that no step changes. */
  readonly frozen: readonly Pick<StateSpec, "name" | "shape">[];
  /** Names of the declared outputs. */
  readonly outputs: readonly string[];
  /**
   * One step a run. Inputs: the state and the batch by name, `hyper` [hyperSize].
   * Outputs: `loss`, `<state>.next` for each state, and the declared outputs. Of a table the
   * inputs are `<state>.table`, whole, and `<parameter>.rows` int32, the rows that `next` is of.
   */
  readonly model: Uint8Array;
  /**
   * K steps a run: batch inputs and `hyper` have a leading size K, `loss` is [K]. Worth it
   * for small models, where entering the runtime costs more than the step.
   * @throws GraphError for a step with touched rows, which differ from step to step
   */
  manySteps(): Uint8Array;
  /**
   * K steps a run over a data set that is handed in whole: batch inputs hold all rows, and
   * `idx` [K, B] int64 says which of them each step sees. `hyper` is [K, hyperSize].
   * @throws GraphError for a step with touched rows
   */
  epoch(): Uint8Array;
  /**
   * The two models of an update by parts: one adds gradients up over K parts of a batch, each
   * scaled down to the length `clip` first if there is one, the other is the optimiser alone.
   * @throws GraphError for a step with touched rows or with tracked parameters
   */
  byParts(clip?: number): { readonly sum: Uint8Array; readonly apply: Uint8Array };
}

/**
 * Builds the step.
 * @throws GraphError for names used twice, a loss that isn't a float32 scalar, and a
 *   parameter that the loss doesn't depend on
 */
export function trainStep<P extends string, B extends string>(
  options: TrainStepOptions<P, B>,
): TrainStep {
  const step = buildStep(options);
  const { parameters, batch, optimiser } = options;
  const next = step.state.map(({ name, next: value }) => [nextName(name), value] as const);
  const graph = graphDefOf(step.g, {
    name: "step",
    inputs: [...step.state.map(({ now }) => now), ...step.frozen, ...step.batch, step.hyper],
    outputs: { [LOSS]: step.loss, ...Object.fromEntries(next), ...step.outputs },
  });
  const changes = new Set(step.gradients.map(({ parameter }) => parameter.name));
  const refuseTables = (): void => {
    const table = parameters.find(isTable);
    if (table !== undefined) {
      throw new GraphError(`The rows of "${table.name}" differ from step to step`);
    }
  };
  const forManySteps = (model: typeof scanModel) => (): Uint8Array => {
    refuseTables();
    return encodeModel(model(step));
  };
  return {
    parameters,
    batch,
    optimiser,
    state: step.state.map(({ name, parameter, slot, shape }) => ({ name, parameter, slot, shape })),
    frozen: step.frozen.map(({ name, shape }) => ({ name, shape })),
    outputs: Object.keys(step.outputs),
    model: encodeModel(modelOf(withTables(graph, step.state))),
    manySteps: forManySteps(scanModel),
    epoch: forManySteps(loopModel),
    byParts(clip) {
      refuseTables();
      if (step.state.some(({ parameter }) => !changes.has(parameter))) {
        throw new GraphError("An update by parts has no place for tracked parameters");
      }
      // A step of its own: the models add inputs to its graph.
      const own = buildStep(options);
      return { sum: encodeModel(sumModel(own, clip)), apply: encodeModel(applyModel(own)) };
    },
  };
}
