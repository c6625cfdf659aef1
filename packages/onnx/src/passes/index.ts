export { removeDeadCode } from "./dead-code.ts";
export { foldBatchNorm } from "./fold-batch-norm.ts";
export { foldConstants } from "./fold-constants.ts";
export type { FoldOptions } from "./fold-constants.ts";
export { upConvert } from "./up-convert.ts";
export { inputsAsWeights, weightsAsInputs } from "./weights.ts";
export type { WeightsApart } from "./weights.ts";
