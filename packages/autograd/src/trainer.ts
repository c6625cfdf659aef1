import { openSession, tensor, zeros } from "@groundswell/onnx";
import type { Provider, RunsOn, Session, Tensor } from "@groundswell/onnx";

import { createDenseState } from "./dense-state.ts";
import type { DenseState, TrainerState } from "./dense-state.ts";
import { HYPER, INDEX, isTable, LOSS } from "./step-graph.ts";
import { bindTouchedRows } from "./touched-rows.ts";
import type { TouchedRows } from "./touched-rows.ts";
import type { TrainStep } from "./train-step.ts";

/** How many steps a run of the runtime makes. */
export type TrainerMode = "one" | "many" | "epoch";

/** Default: one thread of the CPU. Bits are the same only for the same threads and provider. */
export interface TrainerOptions<M extends TrainerMode = TrainerMode> extends RunsOn {
  readonly mode: M;
}

interface Trainer {
  /** Steps executed so far. */
  readonly t: number;
  /** The one of the list that was to be had. */
  readonly provider: Provider;
  /** Copies, by parameter name; tables excluded. */
  parameters(): Record<string, Float32Array>;
  /** Copies. */
  state(): TrainerState;
  /** @throws RangeError for a missing value or one of another size */
  load(state: TrainerState): void;
  close(): void;
}

/** Like the session below it, a trainer is synchronous: it belongs on a thread of its own. */
export interface OneStepTrainer extends Trainer {
  /**
   * One step; answers the loss of the batch before it. After an error the state is as it
   * was. `rows` has an entry for each table.
   */
  step(
    batch: Readonly<Record<string, Tensor>>,
    learningRate: number,
    rows?: Readonly<Record<string, TouchedRows>>,
  ): number;
  /** The declared outputs of the last step. */
  outputs(): Readonly<Record<string, Tensor>>;
}

export interface ManyStepTrainer extends Trainer {
  /** As many steps as learning rates; `batch` has that leading size. Answers their losses. */
  steps(batch: Readonly<Record<string, Tensor>>, learningRates: readonly number[]): Float32Array;
}

export interface EpochTrainer extends Trainer {
  /**
   * As many steps as learning rates. `dataset` has the batch inputs of all rows, `indices`
   * [steps, batch] (row-major) which of them each step sees. Answers the losses.
   */
  epoch(
    dataset: Readonly<Record<string, Tensor>>,
    indices: BigInt64Array,
    learningRates: readonly number[],
  ): Float32Array;
}

interface TrainerOf {
  readonly one: OneStepTrainer;
  readonly many: ManyStepTrainer;
  readonly epoch: EpochTrainer;
}

/** Opens a session on the step and takes the state over (as a copy). */
export function openTrainer<M extends TrainerMode>(
  step: TrainStep,
  state: TrainerState,
  options: TrainerOptions<M>,
): TrainerOf[M] {
  const openers: {
    readonly [N in TrainerMode]: (
      step: TrainStep,
      dense: DenseState,
      runsOn: RunsOn,
    ) => TrainerOf[N];
  } = { one: openOneStep, many: openManySteps, epoch: openEpoch };
  const { mode, ...runsOn } = options;
  return openers[mode](step, createDenseState(step, state), runsOn);
}

function openOneStep(step: TrainStep, dense: DenseState, runsOn: RunsOn): OneStepTrainer {
  const { optimiser } = step;
  const tables = step.parameters.filter(isTable);
  // The runtime keeps a memory plan for each combination of shapes it meets, and with
  // touched rows nearly every step is a new one.
  const session = openSession(step.model, { ...runsOn, memoryPattern: tables.length === 0 });
  const hyper = zeros("float32", [optimiser.hyperSize]);
  const loss = zeros("float32", []);
  const wanted = Object.fromEntries(step.outputs.map((name) => [name, null]));
  let outputs: Record<string, Tensor> = {};
  return withState<OneStepTrainer>(dense, session, {
    step(batch, learningRate, rows = {}) {
      hyper.data.set(optimiser.hyper(learningRate, dense.t + 1));
      const feeds: Record<string, Tensor> = { ...dense.now(), ...batch, [HYPER]: hyper };
      const into: Record<string, Tensor | null> = { ...dense.next(), ...wanted, [LOSS]: loss };
      for (const table of tables) bindTouchedRows(step, table, rows[table.name], feeds, into);
      const answered = session.run(feeds, into);
      dense.advance(1);
      outputs = pick(answered, step.outputs);
      return loss.data[0] ?? Number.NaN;
    },
    outputs: () => outputs,
  });
}

function openManySteps(step: TrainStep, dense: DenseState, runsOn: RunsOn): ManyStepTrainer {
  const session = openSession(step.manySteps(), runsOn);
  return withState<ManyStepTrainer>(dense, session, {
    steps(batch, learningRates) {
      const loss = zeros("float32", [learningRates.length]);
      const hyper = hyperOf(step, dense.t, learningRates);
      const feeds = { ...dense.now(), ...batch, [HYPER]: hyper };
      session.run(feeds, { ...dense.next(), [LOSS]: loss });
      dense.advance(learningRates.length);
      return loss.data;
    },
  });
}

function openEpoch(step: TrainStep, dense: DenseState, runsOn: RunsOn): EpochTrainer {
  const session = openSession(step.epoch(), runsOn);
  return withState<EpochTrainer>(dense, session, {
    epoch(dataset, indices, learningRates) {
      const steps = learningRates.length;
      const loss = zeros("float32", [steps]);
      const idx = tensor("int64", [steps, indices.length / steps], indices);
      const hyper = hyperOf(step, dense.t, learningRates);
      const feeds = { ...dense.now(), ...dataset, [INDEX]: idx, [HYPER]: hyper };
      session.run(feeds, { ...dense.next(), [LOSS]: loss });
      dense.advance(steps);
      return loss.data;
    },
  });
}

/** What the three kinds of trainer have in common, and what is a kind's own. */
function withState<T extends Trainer>(
  dense: DenseState,
  session: Session,
  own: Omit<T, keyof Trainer>,
): Trainer & Omit<T, keyof Trainer> {
  const trainer: Trainer = {
    get t() {
      return dense.t;
    },
    provider: session.provider,
    parameters: () => dense.parameters(),
    state: () => dense.state(),
    load: (state) => dense.load(state),
    close: () => session.close(),
  };
  return Object.assign(trainer, own);
}

/** The optimiser's scalars for the steps that follow `t`: [steps, hyperSize]. */
function hyperOf({ optimiser }: TrainStep, t: number, learningRates: readonly number[]): Tensor {
  const scalars = learningRates.flatMap((rate, k) => optimiser.hyper(rate, t + 1 + k));
  return tensor("float32", [learningRates.length, optimiser.hyperSize], Float32Array.from(scalars));
}

function pick(tensors: Readonly<Record<string, Tensor>>, names: readonly string[]) {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => names.includes(name)));
}
