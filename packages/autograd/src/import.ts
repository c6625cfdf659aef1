import {
  decodeModel,
  inlineFunctions,
  isDType,
  matchesAny,
  sizeOf,
  upConvert,
} from "@groundswell/onnx";
import type { GraphDef, Model, NamePattern, NumericTensor } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { numeric, replay } from "./replay.ts";
import type { InputSpec, Named, ParameterSpec } from "./step-graph.ts";
import type { Value } from "./value.ts";

export interface ImportOptions {
  /**
   * Which float32 initialisers are parameters to train; the others stay as they are. Default:
   * those that look like weights. A single number does only where a layer reads it as its
   * weight or bias; a mask of -Infinity doesn't, nor do the running statistics of a batch
   * normalisation. Fixed tables, of sines for instance, do: name what trains where there are some.
   */
  readonly trainable?: readonly NamePattern[];
}

/** A model that was read, ready for `trainStep`, `inferenceModel` or `fineTune`. */
export interface ImportedModel {
  /** What the model is fed. */
  readonly inputs: readonly InputSpec[];
  /** Those that train; each begins with the weights that the model came with. */
  readonly parameters: readonly ParameterSpec[];
  readonly outputs: readonly string[];
  /** Replays the model's nodes in `g` and answers its outputs by name. @throws GraphError */
  build(g: Graph, parameters: Named<string>, inputs: Named<string>): Record<string, Value>;
}

/**
 * Reads a model so that it can be trained here. Models of older operator sets are brought up
 * to the newest first.
 * @throws GraphError for an input without type or shape, and for a pattern that no float32
 *   initialiser's name matches; PassError where the model can't be brought up
 */
export function importModel(
  source: Uint8Array | Model,
  options: ImportOptions = {},
): ImportedModel {
  const { graph } = upConvert(
    inlineFunctions(source instanceof Uint8Array ? decodeModel(source) : source),
  );
  const constants = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const trained = parametersOf(graph, options.trainable);
  return {
    inputs: graph.inputs.filter(({ name }) => !constants.has(name)).map(inputSpecOf),
    parameters: trained.map(parameterOf),
    outputs: graph.outputs.map(({ name }) => name),
    build(g, parameters, inputs) {
      const names = new Map<string, Value>(Object.entries(inputs));
      for (const { name } of trained) {
        const parameter = parameters[name];
        if (parameter !== undefined) names.set(name, parameter);
      }
      const outputs = replay(g, graph, names);
      return Object.fromEntries(outputs.map((value, k) => [graph.outputs[k]?.name ?? "", value]));
    },
  };
}

function parametersOf(
  graph: GraphDef,
  patterns: readonly NamePattern[] | undefined,
): readonly NumericTensor[] {
  const floats = graph.initializers.filter(({ dtype }) => dtype === "float32").map(numeric);
  if (patterns === undefined) {
    const trained = weightsOf(graph);
    return floats.filter((tensor) => trained(tensor));
  }
  const idle = patterns.find((each) => !floats.some(({ name }) => matchesAny([each], name)));
  if (idle !== undefined) throw new GraphError(`No float32 initialiser is called ${idle}`);
  return floats.filter(({ name }) => matchesAny(patterns, name));
}

/** Products, to which exporters often add the bias by an Add of its own. */
const PRODUCTS = ["Gemm", "Conv", "ConvTranspose", "MatMul"];

/** Operators whose inputs from the second on are weights and biases. */
const LAYERS: ReadonlySet<string> = new Set(
  PRODUCTS.concat("RNN", "GRU", "LSTM").concat(
    ["Batch", "Instance", "Group", "Layer"].map((kind) => `${kind}Normalization`),
  ),
);

/** Tells weights from other constants. */
function weightsOf({ nodes }: GraphDef): (tensor: NumericTensor) => boolean {
  const normalisations = nodes.filter(({ op }) => op === "BatchNormalization");
  const statistics = new Set(normalisations.flatMap(({ inputs }) => inputs.slice(3, 5)));
  const products = nodes
    .filter(({ op }) => PRODUCTS.includes(op))
    .flatMap(({ outputs }) => outputs);
  const biases = nodes.filter(
    ({ op, inputs }) => op === "Add" && inputs.some((name) => products.includes(name)),
  );
  const read = new Set([
    ...nodes.filter(({ op }) => LAYERS.has(op)).flatMap(({ inputs }) => inputs.slice(1)),
    ...biases.flatMap(({ inputs }) => inputs),
  ]);
  return (tensor) =>
    !statistics.has(tensor.name) &&
    (sizeOf(tensor.dims) > 1 || read.has(tensor.name)) &&
    elementsOf(tensor).every(Number.isFinite);
}

function inputSpecOf({ name, dtype, shape }: GraphDef["inputs"][number]): InputSpec {
  if (!isDType(dtype) || shape === null) {
    throw new GraphError(
      `The input "${name}" has ${dtype ?? "no"} type and no shape to train with`,
    );
  }
  return { name, dtype, shape: shape.map((dim, axis) => (dim === "" ? `${name}.${axis}` : dim)) };
}

const parameterOf = (tensor: NumericTensor): ParameterSpec => ({
  name: tensor.name,
  shape: tensor.dims,
  initial: () => elementsOf(tensor),
});

/** A copy: it lies where floats may lie, and the model's bytes can go. */
const elementsOf = ({ bytes, dims }: NumericTensor): Float32Array =>
  new Float32Array(bytes.slice().buffer, 0, sizeOf(dims));
