import { decodeModel, encodeModel, sizeOf } from "@groundswell/onnx";
import type { Model, ModelTensor } from "@groundswell/onnx";

import { dependenciesOf } from "./dependencies.ts";
import { GraphError } from "./errors.ts";
import { createGraph } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { importModel } from "./import.ts";
import type { ImportedModel, ImportOptions } from "./import.ts";
import type { Optimiser } from "./optimisers.ts";
import { byName } from "./step-graph.ts";
import type { InputSpec, Named } from "./step-graph.ts";
import { trainStep } from "./train-step.ts";
import type { TrainStep } from "./train-step.ts";
import type { Value } from "./value.ts";

export interface FineTuneOptions extends ImportOptions {
  /** What the loss needs beside what the model answers. */
  readonly targets?: readonly InputSpec[];
  /**
   * A float32 scalar. `value` gives an output or input of the model, or a target, by its name.
   * @throws GraphError for a name that none of them has
   */
  readonly loss: (g: Graph, value: (name: string) => Value) => Value;
  readonly optimiser: Optimiser;
}

export interface FineTuning {
  /** Its batch: the model's inputs, and the targets. */
  readonly step: TrainStep;
  /**
   * The model as it was read, with its names and operators, and these weights.
   * @throws GraphError where the model has no such weight, or one of another size
   */
  withWeights(weights: Readonly<Record<string, Float32Array>>): Uint8Array;
}

/**
 * A step that trains a model which was read. Of what may train, that which the loss depends
 * on does; its weights begin as they are.
 * @throws GraphError as `importModel` and `trainStep` do; for an operator without a gradient
 *   on the way it says which, and what would have to stay frozen
 */
export function fineTune(source: Uint8Array | Model, options: FineTuneOptions): FineTuning {
  const model = source instanceof Uint8Array ? decodeModel(source) : source;
  const imported = importModel(model, options);
  const { targets = [], optimiser } = options;
  const batch = [...imported.inputs, ...targets];
  const step = trainStep({
    parameters: trainedBy(imported, options),
    batch,
    build: (g, parameters, values) => ({
      loss: lossOf(g, imported, options, { parameters, batch: values }),
    }),
    optimiser,
  });
  return { step, withWeights: (weights) => encodeModel(replaceWeights(model, weights)) };
}

interface Values {
  readonly parameters: Named<string>;
  readonly batch: Named<string>;
}

function lossOf(
  g: Graph,
  model: ImportedModel,
  { loss }: FineTuneOptions,
  { parameters, batch }: Values,
): Value {
  const outputs = model.build(g, parameters, batch);
  const known = new Map([...Object.entries(batch), ...Object.entries(outputs)]);
  return loss(g, (name) => {
    const value = known.get(name);
    if (value === undefined) {
      throw new GraphError(`There is no "${name}" among ${[...known.keys()].join(", ")}`);
    }
    return value;
  });
}

/** Those of the model's parameters that the loss depends on. */
function trainedBy(model: ImportedModel, options: FineTuneOptions): ImportedModel["parameters"] {
  const g = createGraph();
  const { targets = [] } = options;
  const parameters = model.parameters.map(({ name, shape }) => g.input(name, "float32", shape));
  const batch = [...model.inputs, ...targets].map(({ name, dtype, shape }) =>
    g.input(name, dtype, shape),
  );
  const values = { parameters: byName(parameters), batch: byName(batch) };
  const dependencies = dependenciesOf([lossOf(g, model, options, values)]);
  return model.parameters.filter((_, k) => dependencies.has(parameters[k] as Value));
}

function replaceWeights(model: Model, weights: Readonly<Record<string, Float32Array>>): Model {
  const left = new Map(Object.entries(weights));
  const initializers = model.graph.initializers.map((tensor): ModelTensor => {
    const values = left.get(tensor.name);
    if (values === undefined) return tensor;
    left.delete(tensor.name);
    const { name, dtype, dims } = tensor;
    if (dtype !== "float32" || sizeOf(dims) !== values.length) {
      throw new GraphError(
        `"${name}" is ${dtype} [${dims.join(", ")}], not ${values.length} floats`,
      );
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name, dtype, dims, bytes };
  });
  const [unknown] = left.keys();
  if (unknown !== undefined) throw new GraphError(`The model has no weight "${unknown}"`);
  return { ...model, graph: { ...model.graph, initializers } };
}
