import type { RecipeName } from "@groundswell/contracts";
import type { Tensor } from "@groundswell/onnx";

/** What a model is made of, besides its weights. The same settings and weights give the same answers, bit for bit. */
export interface ModelSettings {
  recipe: RecipeName;
  classes: readonly string[];
  /** Checked by the recipe's `config`. */
  config: Record<string, unknown>;
  /** Of the initial weights, of what is replayed, of shuffles and augmentation. */
  seed: number;
}

/** One example of the ledger: the input as it was stored with its prediction, and what it should have been. */
export interface Example {
  /** Position in the ledger. */
  seq: number;
  /** The recipe's stored form: what the model saw. */
  input: Uint8Array;
  /** One of the model's classes. */
  target: string;
  weight: number;
}

/** A whole set of weights. Dense parameters by name; tables `[rows, width]` of which a batch touches a few. */
export interface Weights {
  dense: Record<string, Tensor>;
  tables: Record<string, Tensor>;
}

/** What changed since the last publication: all dense parameters, and the touched rows of each table. */
export interface WeightChanges {
  dense: Record<string, Tensor>;
  /** `values` is `[rows.length, width]`. */
  tables: Record<string, { rows: Int32Array; values: Float32Array }>;
}

/** Answers with given weights. Lives in a worker thread: `predict` blocks. */
export interface Predictor {
  /** @returns probabilities `[inputs.length, classes.length]`, row by row */
  predict(inputs: readonly Uint8Array[]): Float32Array;
  /** Takes a whole set; the next `predict` uses it. No session is rebuilt. */
  replace(weights: Weights): void;
  apply(changes: WeightChanges): void;
  weights(): Weights;
  close(): void;
}

/** One recorded step of online learning: a function of (state, these, seed, step) and of nothing else. */
export interface OnlineStep {
  step: number;
  /** New examples, in the order of the record. May be empty: then the optimiser's t does not advance. */
  examples: readonly Example[];
  /** Positions that leave the replay window before the step learns. */
  dropped: readonly number[];
}

/** A model that learns as feedback comes. Lives in a worker thread: `learn` blocks. */
export interface OnlineLearner {
  learn(step: OnlineStep): { loss: number | null };
  /** What changed since this was last called (or since the start): for publication. */
  changes(): WeightChanges;
  weights(): Weights;
  /** Weights, optimiser, counters and the replay window's positions: whole, as safetensors bytes. */
  save(): Uint8Array;
  predict(inputs: readonly Uint8Array[]): Float32Array;
  close(): void;
}
