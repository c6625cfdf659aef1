import { isFloat } from "../dtype.ts";
import { PassError } from "../errors.ts";
import type { Dim, Model, NumericTensor } from "../model.ts";
import { matchesAny } from "../name-pattern.ts";
import type { NamePattern } from "../name-pattern.ts";
import type { Tensor } from "../tensor.ts";
import { fixedInitializers, loaded, stored } from "./stored.ts";

export interface WeightsApart {
  /** The model with those weights as its last inputs. */
  readonly model: Model;
  /** What to feed there for the model as it was. Never write into them. */
  readonly weights: Readonly<Record<string, Tensor>>;
}

/**
 * Turns weights (initialisers of a float type) into inputs, so that new ones are swapped in by
 * feeding other tensors and no session is rebuilt.
 * @param patterns names of the weights; default: all
 */
export function weightsAsInputs(
  model: Model,
  patterns: readonly NamePattern[] = ["*"],
): WeightsApart {
  const { graph } = model;
  const moved = new Map<string, NumericTensor>(
    [...fixedInitializers(graph)].filter(
      ([name, { dtype }]) => isFloat(dtype) && matchesAny(patterns, name),
    ),
  );
  const inputs = [...moved.values()].map(({ name, dtype, dims }) => ({ name, dtype, shape: dims }));
  return {
    model: {
      ...model,
      graph: {
        ...graph,
        inputs: [...graph.inputs, ...inputs],
        initializers: graph.initializers.filter(({ name }) => !moved.has(name)),
      },
    },
    weights: Object.fromEntries([...moved].map(([name, tensor]) => [name, loaded(tensor)])),
  };
}

/**
 * Turns inputs into constants: the other way from `weightsAsInputs`. With all weights folded
 * in, any runtime can use the model alone.
 * @throws PassError where the model has no such input, or one of another type or shape
 */
export function inputsAsWeights(model: Model, weights: Readonly<Record<string, Tensor>>): Model {
  const { graph } = model;
  const folded = Object.entries(weights).map(([name, value]) => {
    const { dtype, dims } = value;
    const input = graph.inputs.find((candidate) => candidate.name === name);
    if (input?.dtype !== dtype || !fits(dims, input.shape)) {
      throw new PassError(`The model has no ${dtype} input "${name}" [${dims.join(", ")}]`);
    }
    return stored(name, value);
  });
  return {
    ...model,
    graph: {
      ...graph,
      inputs: graph.inputs.filter(({ name }) => !Object.hasOwn(weights, name)),
      // An initialiser of that name was the input's default.
      initializers: [
        ...graph.initializers.filter(({ name }) => !Object.hasOwn(weights, name)),
        ...folded,
      ],
    },
  };
}

const fits = (dims: readonly number[], shape: readonly Dim[] | null): boolean =>
  shape === null ||
  (shape.length === dims.length &&
    shape.every((dim, axis) => typeof dim === "string" || dim === dims[axis]));
