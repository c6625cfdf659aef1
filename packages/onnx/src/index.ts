/**
 * ONNX for Groundswell, and the only package that loads onnxruntime-node.
 *
 * - The format: `decodeModel`, `encodeModel`, and the plain data in between (`Model`,
 *   `GraphDef`, `NodeDef`, …).
 * - The operators: `operators`, `operatorNamed`: attributes with their defaults, and the types
 *   and shapes of outputs, where a size may be a symbol (`Dim`, `Shape`).
 * - `inferShapes`: types and shapes of all values of a model before it runs, with the sizes that
 *   its inputs name kept as names, and those worked out from them written with them; nodes
 *   whose outputs can't be told are listed with the reason.
 * - Passes, each from a model to a model: `upConvert` (older operator sets to the newest),
 *   `inlineFunctions`, `foldConstants`, `removeDeadCode`, `foldBatchNorm`, `weightsAsInputs`, `inputsAsWeights`,
 *   `quantizeDynamic`, `quantizeStatic`, `toFloat16`, `pruneByMagnitude`.
 * - Tensors: `tensor`, `zeros`, `dataOf`; files of them: `encodeSafetensors`,
 *   `decodeSafetensors`, and `replaceFile`, which puts a file in place whole.
 * - Running: `openSession`. A run is synchronous and blocks its thread, so sessions live in
 *   threads of their own: `openThread` on the owner's side, `serveThread` on the thread's.
 * - Models from strangers: `checkUntrusted` holds a file against a policy, `openUntrusted` runs it
 *   in a process under limits, `testIsolation` says what those are worth on this machine.
 * - `selfTest` for the start of a process, `numericClass` to say which machines compute the
 *   same bits.
 *
 * Nothing native is loaded before the first `openSession`.
 */
export { decodeModel } from "./decode.ts";
export type { DecodeOptions } from "./decode.ts";
export {
  axisOf,
  boundSize,
  broadcast,
  ceilQuotient,
  dimAt,
  floorQuotient,
  isStatic,
  permutationOf,
  plus,
  product,
  quotient,
  sameShape,
  showShape,
  sizeAt,
} from "./dim.ts";
export type { Shape } from "./dim.ts";
export { DTYPES, dtypeOfOnnxCode, elementsFrom, elementSize, isFloat, onnxCode } from "./dtype.ts";
export type { DType, TypedArray, TypedArrayOf } from "./dtype.ts";
export { isDType, isNumeric } from "./element-type.ts";
export { encodeModel } from "./encode.ts";
export {
  OnnxFormatError,
  PassError,
  SafetensorsFormatError,
  SessionError,
  ShapeError,
  UndecidedShape,
} from "./errors.ts";
export type { ReadExternal } from "./external-data.ts";
export type {
  Attribute,
  Described,
  Dim,
  ElementType,
  FunctionDef,
  GraphDef,
  Int64,
  Metadata,
  Model,
  ModelTensor,
  NodeDef,
  NumericTensor,
  OperatorSet,
  QuantizationAnnotation,
  SparseTensor,
  StoredTensor,
  StringTensor,
  TensorType,
  TrainingInfo,
  ValueInfo,
  ValueType,
} from "./model.ts";
export { inferShapes } from "./infer-shapes.ts";
export type { InferredShapes, UndecidedNode } from "./infer-shapes.ts";
export { numericClass } from "./numeric-class.ts";
export { reducedAxes, sliceRanges, squeezedAxes } from "./operators/axes.ts";
export { einsumTerms } from "./operators/einsum.ts";
export { windowsOf } from "./operators/window.ts";
export type { Window } from "./operators/window.ts";
export { allNodes } from "./passes/names.ts";
export { operatorNamed, operators } from "./operators/index.ts";
export { constantInts, defineOperator, given, several } from "./operators/operator.ts";
export type {
  AttributesOf,
  AttributeSpec,
  AttributeSpecs,
  AttributeValue,
  Known,
  Operator,
  OutputSpec,
  PerInput,
} from "./operators/operator.ts";
export type { RecurrentAttributes } from "./operators/recurrent.ts";
export { matchesAny, matchesName } from "./name-pattern.ts";
export type { NamePattern } from "./name-pattern.ts";
export {
  foldBatchNorm,
  foldConstants,
  inlineFunctions,
  inputsAsWeights,
  pruneByMagnitude,
  quantizeDynamic,
  quantizeStatic,
  removeDeadCode,
  toFloat16,
  upConvert,
  weightsAsInputs,
} from "./passes/index.ts";
export type {
  Float16Options,
  FoldOptions,
  Pruned,
  PrunedWeight,
  PruneOptions,
  QuantizeOptions,
  QuantizeStaticOptions,
  WeightsApart,
} from "./passes/index.ts";
export { PROVIDERS } from "./providers.ts";
export type { Provider, ProviderChoice, ProviderFallback } from "./providers.ts";
export { replaceFile, syncFolder } from "./replace-file.ts";
export { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
export type { SafetensorsFile } from "./safetensors.ts";
export { SelfTestFailed, selfTest } from "./self-test.ts";
export { openSession } from "./session.ts";
export type { RunsOn, Session, SessionOptions } from "./session.ts";
export { dataOf, sizeOf, tensor, zeros } from "./tensor.ts";
export type { Tensor } from "./tensor.ts";
export { openThread, serveThread, ThreadExited, transferring } from "./thread.ts";
export type { Thread, ThreadExit, ThreadHandlers, ThreadProtocol, ThreadServer } from "./thread.ts";
export {
  checkUntrusted,
  DEFAULT_LIMITS,
  DEFAULT_POLICY,
  isolationHere,
  ModelRefused,
  openUntrusted,
  SandboxEnded,
  startSandbox,
  testIsolation,
} from "./untrusted/index.ts";
export type {
  CheckedModel,
  Isolation,
  IsolationKind,
  IsolationReport,
  RefusalReason,
  Sandbox,
  SandboxEnd,
  SandboxLimits,
  UntrustedOptions,
  UntrustedPolicy,
  UntrustedSession,
} from "./untrusted/index.ts";
