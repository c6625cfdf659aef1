/**
 * Training without a training framework: graphs of standard ONNX operators, their
 * gradients, and the update of the parameters, run by the runtime that serves.
 *
 * - `createGraph` builds a graph with one method for each operator; sizes may be symbols
 *   ("N"). `gradient` appends the reverse-mode gradient. Losses, `crossEntropy` and others,
 *   are functions of a graph.
 * - `trainStep` makes of a forward pass, a loss and an optimiser (`sgd`, `adagrad`, `adam`, …)
 *   the models that train: one step a run, many steps, or an epoch over a data set
 *   (`chooseMode` says which). `openTrainer` holds the state and runs them; `initialState` is
 *   where it begins. `openAccumulatingTrainer` makes one update of several parts of a batch,
 *   with noise if wanted, and `epsilon` says what privacy that gives.
 * - `encodeCheckpoint` and `decodeCheckpoint` are training in a file.
 * - `inferenceModel` is the forward pass alone, with its parameters as inputs;
 *   `foldParameters` makes a model of it that stands alone.
 * - `importModel` reads a model that anyone wrote; `fineTune` trains one, and gives it back
 *   as it was with other weights. `addLora` adds low-rank adapters to it, `mergeLora` puts
 *   them into its weights.
 * - `dense`, `selfAttention`, `encoderLayer`, `decoderLayer` are layers: functions on a graph,
 *   with others that declare their parameters.
 * - `randomStream` gives random numbers that are a function of what they are for.
 *
 * A table of embeddings never becomes part of a graph: a parameter whose first size is a
 * symbol stands for the rows that a batch touches, and each step is handed those
 * (`TouchedRows`). Training is synchronous and blocks its thread; at one number of threads
 * the same inputs give the same bits.
 *
 * A new operator is a `defineOp` in a file of `ops/`, named in `ops/index.ts`;
 * `ops.test.ts` goes through all of them.
 */
export { CheckpointRefused, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export type { Checkpoint, ReadCheckpoint } from "./checkpoint.ts";
export { openAccumulatingTrainer } from "./accumulating-trainer.ts";
export type { AccumulatingOptions, AccumulatingTrainer } from "./accumulating-trainer.ts";
export { chooseMode, stateBytesOf } from "./choose-mode.ts";
export type { ChosenMode, TrainingSituation } from "./choose-mode.ts";
export { initialState } from "./dense-state.ts";
export type { TrainerState } from "./dense-state.ts";
export { GraphError } from "./errors.ts";
export { fineTune } from "./fine-tune.ts";
export type { FineTuneOptions, FineTuning } from "./fine-tune.ts";
export { gradient } from "./gradient.ts";
export { createGraph } from "./graph.ts";
export type { Graph } from "./graph.ts";
export { importModel } from "./import.ts";
export type { ImportedModel, ImportOptions } from "./import.ts";
export { foldParameters, inferenceModel } from "./inference.ts";
export type { InferenceOptions } from "./inference.ts";
export {
  he,
  heUniform,
  lecun,
  lecunUniform,
  normal,
  ones,
  orthogonal,
  truncatedNormal,
  uniform,
  xavier,
  xavierNormal,
  zeros,
} from "./initialisers.ts";
export type { Initialiser } from "./initialisers.ts";
export {
  binaryCrossEntropy,
  bpr,
  contrastive,
  crossEntropy,
  distillation,
  dpo,
  huber,
  listNet,
  meanSquared,
  pairwiseLogistic,
  policyGradient,
  qLearning,
  sampledSoftmax,
  sequenceLogProbability,
  sparseCrossEntropy,
} from "./losses.ts";
export {
  adagrad,
  adam,
  adamW,
  clipByNorm,
  clipByValue,
  constantRate,
  cosineDecay,
  ftrl,
  linearDecay,
  oneCycle,
  rmsProp,
  sgd,
  stepDecay,
  warmUp,
} from "./optimisers.ts";
export type {
  AdagradOptions,
  AdamOptions,
  DecayOptions,
  FtrlOptions,
  GradientTransform,
  Optimiser,
  RmsPropOptions,
  Schedule,
  SgdOptions,
} from "./optimisers.ts";
export { causalMask, paddingMask, selfAttention } from "./layers/attention.ts";
export type { AttentionOptions } from "./layers/attention.ts";
export { dense, denseParameters, norm, normParameters, valueOf } from "./layers/dense.ts";
export type { NamedValues } from "./layers/dense.ts";
export { decoderLayer, encoderLayer, transformerLayerParameters } from "./layers/transformer.ts";
export type { TransformerLayerOptions } from "./layers/transformer.ts";
export { byText, embedded, meanOfWords } from "./layers/words.ts";
export { addLora, decodeAdapters, encodeAdapters, LORA_PARAMETERS, mergeLora } from "./lora.ts";
export type { Adapters, LoraOptions } from "./lora.ts";
export { epsilon, noiseMultiplierFor } from "./privacy/accountant.ts";
export type { PrivateTraining } from "./privacy/accountant.ts";
export { randomStream } from "./random.ts";
export type { RandomStream } from "./random.ts";
export type { InputSpec, ParameterSpec, StateSpec, TrainStepOptions } from "./step-graph.ts";
export type { TouchedRows } from "./touched-rows.ts";
export { trainStep } from "./train-step.ts";
export type { TrainStep } from "./train-step.ts";
export { openTrainer } from "./trainer.ts";
export type {
  EpochTrainer,
  ManyStepTrainer,
  OneStepTrainer,
  TrainerMode,
  TrainerOptions,
} from "./trainer.ts";
export type { Operand, Shape, Value } from "./value.ts";
