import type {
  Graph,
  InputSpec,
  Optimiser,
  ParameterSpec,
  RandomStream,
  Value,
} from "@groundswell/autograd";
import type { RecipeName } from "@groundswell/contracts";
import type { Tensor } from "@groundswell/onnx";
import type { z } from "zod";

import type { WindowRules } from "./online/window.ts";

/** What a model is made of, besides its weights. The same settings and weights give the same answers, bit for bit. */
export interface ModelSettings {
  recipe: RecipeName;
  classes: readonly string[];
  /** Checked by the recipe's `config`. */
  config: Record<string, unknown>;
  /** Of the initial weights, and of what is replayed. */
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
  /** Whose it is: a person's share of what is learned is bounded. */
  person: string;
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

/** How a model learns as feedback comes. */
export interface OnlineSettings {
  learning_rate: number;
  /** The same, after the weights began anew from a version that was promoted or rolled back to. */
  learning_rate_after_promotion: number;
  /** Learned examples that a step sees again beside its new ones. */
  replay: number;
  /** The most recently learned examples, of which those are drawn. */
  window: number;
  voice: VoiceSettings;
}

/** How much one person may say, once `from` persons have taught. */
export interface VoiceSettings {
  from: number;
  /** Of the new examples of one step. */
  step: number;
  /** Share of the replay window, and of the weight of a data set. */
  share: number;
}

/** How a model learns from a whole data set. */
export interface BatchSettings {
  epochs: number;
  batch_size: number;
  /** At the start; it falls to zero along half a cosine. */
  learning_rate: number;
  /** Epochs without a lower validation loss after which training stops. */
  patience: number;
}

/** The part of a model's config that every recipe has. */
interface ModelConfig {
  online: OnlineSettings;
  batch: BatchSettings;
}

/** One batch, put together for the graph. */
export interface Batch {
  size: number;
  /** The graph's inputs, the first size of each being the batch's. */
  inputs: Readonly<Record<string, Tensor>>;
  /** Which rows of each table the batch touches, in the order in which the graph sees them. */
  rows: Readonly<Record<string, Int32Array>>;
}

/** Puts examples together. Its answer is good until its next call: the buffers are used again. */
export interface Batcher<Features = unknown> {
  together(features: readonly Features[]): Batch;
}

/**
 * A recipe's model for given settings: what the batch loop, the online loop and prediction need
 * of it. (Methods, not function properties: `Architecture<Uint8Array>` has to pass where nobody
 * looks into the features.)
 */
export interface Architecture<Features = unknown> {
  readonly classes: readonly string[];
  /** A symbolic first size marks a table. */
  readonly parameters: readonly ParameterSpec[];
  /** Rows of each table. */
  readonly tableRows: Readonly<Record<string, number>>;
  readonly inputs: readonly InputSpec[];
  /** @returns `[batch, classes]` */
  logits(
    g: Graph,
    parameters: Readonly<Record<string, Value>>,
    inputs: Readonly<Record<string, Value>>,
  ): Value;
  /** What the model sees of a stored input. Kept with an example for as long as it may be replayed. */
  features(input: Uint8Array): Features;
  createBatcher(): Batcher<Features>;
  /**
   * One of the many forms in which an example is seen again, drawn from (time, seq): in batches
   * `time` is the epoch, online the step.
   */
  augment(features: Features, random: RandomStream, time: number, seq: number): Features;
  readonly online: OnlineSettings & { readonly optimiser: Optimiser };
  readonly batch: BatchSettings & { readonly optimiser: Optimiser };
}

/** A kind of model. Everything that is about pictures, or about text, is in here. */
export interface Recipe<Features = unknown> {
  readonly name: RecipeName;
  /** A model's settings; parsing fills the defaults in. */
  readonly config: z.ZodType<ModelConfig & Record<string, unknown>>;
  /** What a training run may set over the model's `config.batch`. */
  readonly runConfig: z.ZodType<Record<string, unknown>>;
  /**
   * Inputs of a request in the form in which they are stored, predicted, and learned from.
   * @param config a model's config, as it was stored
   * @throws BadInputs or BadPicture, with the path of what is wrong
   */
  storeInput(inputs: unknown, config: unknown): Promise<Uint8Array>;
  architecture(settings: ModelSettings): Architecture<Features>;
}

/** Answers with given weights. Lives in a worker thread: `predict` blocks. */
export interface Predictor {
  /** @returns probabilities `[inputs.length, classes.length]`, row by row */
  predict(inputs: readonly Uint8Array[]): Float32Array;
  /** Takes a whole set, which is the predictor's from now on; the next `predict` uses it. No session is rebuilt. */
  replace(weights: Weights): void;
  apply(changes: WeightChanges): void;
  /** Not copies: `apply` writes into its tables. */
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
  /** By which rules it was recorded. */
  rules: WindowRules;
}

/** A model that learns as feedback comes. Lives in a worker thread: `learn` blocks. */
export interface OnlineLearner {
  /** The last step learned. */
  readonly step: number;
  /** Persons whose examples are in the replay window. */
  readonly persons: number;
  /** The loss before the update; null for a step without examples. */
  learn(step: OnlineStep): { loss: number | null };
  /**
   * Goes on from other weights, with a fresh optimiser. The replay window stays, but for `dropped`.
   */
  rebase(at: { step: number; weights: Weights; dropped: readonly number[] }): void;
  /** What changed since this was last called, or since the weights began. */
  changes(): WeightChanges;
  /** Copies. */
  weights(): Weights;
  /** Weights, optimiser, counters and the replay window's positions: whole, as safetensors bytes. */
  save(): Uint8Array;
  /** @returns probabilities `[inputs.length, classes.length]`, row by row */
  predict(inputs: readonly Uint8Array[]): Float32Array;
  close(): void;
}
