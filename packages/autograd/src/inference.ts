import type { Graph } from "./graph.ts";
import type { InputSpec } from "./train-step.ts";
import type { Shape, Value } from "./value.ts";

export interface InferenceOptions {
  /** float32, graph inputs: new weights are swapped in by feeding other tensors. */
  readonly parameters: readonly { readonly name: string; readonly shape: Shape }[];
  readonly inputs: readonly InputSpec[];
  /** Named outputs. */
  build(
    g: Graph,
    parameters: Readonly<Record<string, Value>>,
    inputs: Readonly<Record<string, Value>>,
  ): Readonly<Record<string, Value>>;
}
