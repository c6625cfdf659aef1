import { decodeModel, encodeModel, inputsAsWeights } from "@groundswell/onnx";
import type { Metadata, Tensor } from "@groundswell/onnx";

import { graphDefOf, modelOf } from "./emission.ts";
import { createGraph } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { byName } from "./step-graph.ts";
import type { InputSpec, Named, ParameterSpec } from "./step-graph.ts";
import type { Value } from "./value.ts";

export interface InferenceOptions<P extends string = string, I extends string = string> {
  readonly parameters: readonly Pick<ParameterSpec<P>, "name" | "shape">[];
  readonly inputs: readonly InputSpec<I>[];
  /** The outputs by name. */
  build(g: Graph, parameters: Named<P>, inputs: Named<I>): Readonly<Record<string, Value>>;
  /** What the model says of itself to people and tools; no runtime reads it. */
  readonly metadata?: Metadata;
}

/**
 * The forward pass as an ONNX model whose parameters are inputs (float32): new weights are
 * swapped in by feeding other tensors, no session is rebuilt.
 */
export function inferenceModel<P extends string, I extends string>(
  options: InferenceOptions<P, I>,
): Uint8Array {
  const g = createGraph();
  const parameters = options.parameters.map(({ name, shape }) => g.input(name, "float32", shape));
  const inputs = options.inputs.map(({ name, dtype, shape }) => g.input(name, dtype, shape));
  const outputs = options.build(g, byName(parameters), byName(inputs));
  const graph = graphDefOf(g, { name: "forward", inputs: [...parameters, ...inputs], outputs });
  return encodeModel(modelOf(graph, options.metadata));
}

/**
 * Turns inputs of a model into constants: with all parameters folded in, any runtime can
 * use the model alone.
 * @throws PassError where the model has no such input, or one of another type or rank
 */
export const foldParameters = (
  model: Uint8Array,
  values: Readonly<Record<string, Tensor>>,
): Uint8Array => encodeModel(inputsAsWeights(decodeModel(model), values));
