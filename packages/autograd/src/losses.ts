export { binaryCrossEntropy, crossEntropy, distillation } from "./losses/classification.ts";
export { dpo, policyGradient, qLearning } from "./losses/preference.ts";
export { bpr, contrastive, listNet, pairwiseLogistic, sampledSoftmax } from "./losses/ranking.ts";
export { huber, meanSquared } from "./losses/regression.ts";
export { sequenceLogProbability, sparseCrossEntropy } from "./losses/sparse-cross-entropy.ts";
