export {
  binaryCrossEntropy,
  crossEntropy,
  distillation,
  sparseCrossEntropy,
} from "./losses/classification.ts";
export { dpo, policyGradient, qLearning } from "./losses/preference.ts";
export { bpr, contrastive, listNet, pairwiseLogistic, sampledSoftmax } from "./losses/ranking.ts";
export { huber, meanSquared } from "./losses/regression.ts";
