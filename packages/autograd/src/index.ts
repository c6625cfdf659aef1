export type { Graph } from "./graph.ts";
export type { InferenceOptions } from "./inference.ts";
export type { Initialiser } from "./initialisers.ts";
export type { Optimiser } from "./optimisers.ts";
export type { RandomStream } from "./random.ts";
export type {
  InputSpec,
  ParameterSpec,
  StateSpec,
  TrainStep,
  TrainStepOptions,
} from "./train-step.ts";
export type {
  EpochTrainer,
  ManyStepTrainer,
  OneStepTrainer,
  TouchedRows,
  TrainerMode,
  TrainerOptions,
  TrainerState,
} from "./trainer.ts";
export type { Operand, Shape, Value } from "./value.ts";
// Signatures that follow in the next commits:
//   createGraph(): Graph
//   gradient(g, loss, wrt): Value[]
//   crossEntropy(g, logits, targets): Value        meanSquared(g, prediction, target, weights?): Value
//   sgd() | adagrad({ epsilon }) | adam({ beta1, beta2, epsilon }): Optimiser
//   zeros, normal(std), uniform(limit), he, xavier: Initialiser
//   randomStream(seed: number): RandomStream
//   trainStep(options: TrainStepOptions): TrainStep
//   initialState(step: TrainStep, seed: number): TrainerState
//   openTrainer(step, state, { mode, threads }): OneStepTrainer | ManyStepTrainer | EpochTrainer by mode
//   inferenceModel(options: InferenceOptions): Uint8Array
//   foldParameters(model: Uint8Array, values: Record<string, Tensor>): Uint8Array
