import { createGraph, gradient, importModel } from "@groundswell/autograd";
import type { Value } from "@groundswell/autograd";
import { graphDefOf, modelOf } from "@groundswell/autograd/testing";
import { encodeModel } from "@groundswell/onnx";
import type { Model, Tensor } from "@groundswell/onnx";

import type { Recorded } from "./recorded.ts";
import type { SlopeProblem } from "./slope-problem.ts";

/** A model of the outputs at x + t·along, and of the slopes of the loss with respect to each t. */
export interface SlopeModel {
  readonly bytes: Uint8Array;
  /** All inputs but the steps. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** In the order of the moving inputs. */
  readonly steps: readonly string[];
  readonly slopes: readonly string[];
  /** By the names that the outputs have in the model. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** @throws GraphError, PassError where the model can't be imported or has no gradient */
export function slopeModel(model: Model, recorded: Recorded, problem: SlopeProblem): SlopeModel {
  const { dtype, moving, weighed } = problem;
  const imported = importModel(withConstants(model, recorded, problem), { trainable: [] });
  const g = createGraph();
  const inputs: Value[] = [];
  const feeds: Record<string, Tensor> = {};
  const fed = (name: string, { dims, dtype: type, data }: Tensor): Value => {
    const input = g.input(name, type, dims);
    inputs.push(input);
    feeds[name] = { dtype: type, dims, data } as Tensor;
    return input;
  };
  const steps = moving.map((_, k) => g.input(`step${k}`, dtype, []));
  const moved = moving.map(({ name, value, along }, k): [string, Value] => {
    const step = g.mul(fed(`along${k}`, along), steps[k] ?? 0);
    return [name, g.add(fed(`x${k}`, value), step)];
  });
  const outputs = imported.build(g, {}, Object.fromEntries(moved));
  const parts = weighed.flatMap(({ name, weight }, k) => {
    const output = outputs[name];
    return output === undefined ? [] : [g.reduceSum(g.mul(output, fed(`weight${k}`, weight)))];
  });
  // With a slope of one for each step no slope is missing where the model is flat.
  const loss = [...parts, ...steps].reduce((sum, part) => g.add(sum, part));
  const slopes = gradient(g, loss, steps);
  const named = [
    ...Object.values(outputs).map((output, k): [string, Value] => [`y${k}`, output]),
    ...slopes.map((slope, k): [string, Value] => [`slope${k}`, slope]),
  ];
  const graph = graphDefOf(g, {
    name: "slopes",
    inputs: [...inputs, ...steps],
    outputs: Object.fromEntries(named),
  });
  return {
    bytes: encodeModel(modelOf(graph)),
    feeds,
    steps: steps.map(({ name }) => name),
    slopes: slopes.map((_, k) => `slope${k}`),
    outputs: Object.fromEntries(Object.keys(outputs).map((name, k) => [name, `y${k}`])),
  };
}

/** With the sizes that were recorded; what doesn't move is a constant, as some rules want it. */
function withConstants(model: Model, { inputs }: Recorded, { moving }: SlopeProblem): Model {
  const { graph } = model;
  const moves = new Set(moving.map(({ name }) => name));
  const constants = [...inputs].filter(([name]) => !moves.has(name));
  return {
    ...model,
    graph: {
      ...graph,
      inputs: graph.inputs
        .filter(({ name }) => moves.has(name))
        .map((info) => ({ ...info, shape: inputs.get(info.name)?.dims ?? info.shape })),
      initializers: [
        ...graph.initializers,
        ...constants.map(([name, value]) => ({ ...value, name })),
      ],
    },
  };
}
