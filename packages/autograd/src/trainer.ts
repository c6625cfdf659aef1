import type { Tensor } from "@groundswell/onnx";

export interface TrainerOptions<M extends TrainerMode = TrainerMode> {
  readonly mode: M;
  /** Default 1. Bits are the same only for the same number. */
  readonly threads?: number;
}

export type TrainerMode = "one" | "many" | "epoch";

/** Everything a trainer holds: to store in a checkpoint and go on from to the same bits. */
export interface TrainerState {
  /** Steps executed. */
  readonly t: number;
  /** By state name: parameters and optimiser slots, tables excluded. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

/**
 * Rows of a table that a batch touches. Arrays come in the order parameter, then the
 * optimiser's slots; each has `count` × width elements at its start. `next` is written
 * by the step and must not share memory with `now`.
 */
export interface TouchedRows {
  readonly count: number;
  readonly now: readonly Float32Array[];
  readonly next: readonly Float32Array[];
}

interface TrainerBase {
  /** Steps executed so far. */
  readonly t: number;
  /** Copies. */
  parameters(): Record<string, Float32Array>;
  /** Copies. */
  state(): TrainerState;
  load(state: TrainerState): void;
  close(): void;
}

/** Synchronous, like the sessions below it: belongs on a thread of its own. */
export interface OneStepTrainer extends TrainerBase {
  /** Loss of this batch before the update. `rows` by parameter name, one for each table. */
  step(
    batch: Readonly<Record<string, Tensor>>,
    learningRate: number,
    rows?: Readonly<Record<string, TouchedRows>>,
  ): number;
  /** Declared outputs of the last step. */
  outputs(): Readonly<Record<string, Tensor>>;
}

export interface ManyStepTrainer extends TrainerBase {
  /** `batch` tensors have a leading size K = learningRates.length. Losses of the K steps. */
  steps(batch: Readonly<Record<string, Tensor>>, learningRates: readonly number[]): Float32Array;
}

export interface EpochTrainer extends TrainerBase {
  /** `indices` [K, B] row-major into the rows of `dataset`. Losses of the K steps. */
  epoch(
    dataset: Readonly<Record<string, Tensor>>,
    indices: BigInt64Array,
    learningRates: readonly number[],
  ): Float32Array;
}

export interface TrainerOf {
  one: OneStepTrainer;
  many: ManyStepTrainer;
  epoch: EpochTrainer;
}
