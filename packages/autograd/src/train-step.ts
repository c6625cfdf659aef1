import type { DType } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";
import type { Initialiser } from "./initialisers.ts";
import type { Optimiser } from "./optimisers.ts";
import type { Shape, Value } from "./value.ts";

export interface ParameterSpec {
  readonly name: string;
  /**
   * float32. A symbolic first size marks a table that lives outside the graph: the graph
   * sees only the rows that a batch touches, and `step` is handed them.
   */
  readonly shape: Shape;
  readonly initial: Initialiser;
}

export interface InputSpec {
  readonly name: string;
  readonly dtype: DType;
  /** First size is the batch's, usually a symbol. */
  readonly shape: Shape;
}

export interface StateSpec {
  /** The parameter's name, or `<parameter>.<slot>`. */
  readonly name: string;
  readonly parameter: string;
  /** Null for the parameter itself. */
  readonly slot: string | null;
  readonly shape: Shape;
}

export interface TrainStepOptions {
  readonly parameters: readonly ParameterSpec[];
  readonly batch: readonly InputSpec[];
  /** `loss` is a float32 scalar. `outputs` are computed with the parameters from before the step. */
  build(
    g: Graph,
    parameters: Readonly<Record<string, Value>>,
    batch: Readonly<Record<string, Value>>,
  ): { readonly loss: Value; readonly outputs?: Readonly<Record<string, Value>> };
  readonly optimiser: Optimiser;
}

export interface TrainStep {
  readonly parameters: readonly ParameterSpec[];
  readonly batch: readonly InputSpec[];
  readonly optimiser: Optimiser;
  readonly state: readonly StateSpec[];
  readonly outputs: readonly string[];
  /**
   * One step a run. Inputs: state by name, batch by name, `hyper` [hyperSize].
   * Outputs: `<state name>.next`, `loss`, and the declared outputs.
   */
  readonly model: Uint8Array;
  /** K steps a run (Scan): batch inputs and `hyper` get a leading size K; `loss` is [K]. */
  manySteps(): Uint8Array;
  /**
   * K steps a run (Loop), rows gathered from a whole data set: each batch input takes all
   * rows, `idx` [K, B] int64 says which rows each step sees, `hyper` is [K, hyperSize].
   */
  epoch(): Uint8Array;
}
