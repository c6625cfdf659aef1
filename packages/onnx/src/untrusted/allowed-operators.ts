const names = (list: string): readonly string[] => list.trim().split(/\s+/);

/**
 * The standard operators over dense tensors of numbers. Named one by one: that an operator
 * gains a shape rule elsewhere doesn't let it in here. Left out: sequences, optionals and
 * strings (no session here takes them), decoders of pictures and regular expressions (large
 * parsers over data that a stranger chose), control flow (a switch of its own).
 */
export const STANDARD_OPERATORS: ReadonlySet<string> = new Set(
  names(`
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool
    BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
    BlackmanWindow
    Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat Constant ConstantOfShape
    Conv ConvInteger ConvTranspose Cos Cosh CumProd CumSum
    DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout DynamicQuantizeLinear
    Einsum Elu Equal Erf Exp Expand EyeLike
    Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool
    GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization
    HammingWindow HannWindow HardSigmoid HardSwish Hardmax
    Identity InstanceNormalization IsInf IsNaN
    LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool
    MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization
    MelWeightMatrix Min Mish Mod Mul Multinomial
    Neg NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Or
    PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear
    RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
    ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign
    RotaryEmbedding Round
    STFT ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
    SoftmaxCrossEntropyLoss Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish
    Tan Tanh TensorScatter ThresholdedRelu Tile TopK Transpose Trilu
    Unique Unsqueeze Upsample Where Xor Attention
  `),
);

export const CONTROL_FLOW: ReadonlySet<string> = new Set(names("Loop Scan If"));

/** Which inputs of an operator may be left out (an empty name). All others: none may. */
const OPTIONAL_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ["Attention", [3, 4, 5, 6]],
  ["Clip", [1, 2]],
  ["Conv", [2]],
  ["ConvInteger", [2, 3]],
  ["ConvTranspose", [2]],
  ["DFT", [1, 2]],
  ["DeformConv", [3, 4]],
  ["DequantizeLinear", [2]],
  ["Dropout", [1, 2]],
  ["GRU", [3, 4, 5]],
  ["Gemm", [2]],
  ["LSTM", [3, 4, 5, 6, 7]],
  ["LayerNormalization", [2]],
  ["Loop", [0, 1]],
  ["MatMulInteger", [2, 3]],
  ["MaxUnpool", [2]],
  ["NegativeLogLikelihoodLoss", [2]],
  ["NonMaxSuppression", [2, 3, 4]],
  ["Pad", [2, 3]],
  ["QLinearConv", [8]],
  ["QuantizeLinear", [2]],
  ["RNN", [3, 4, 5]],
  ["ReduceL1", [1]],
  ["ReduceL2", [1]],
  ["ReduceLogSum", [1]],
  ["ReduceLogSumExp", [1]],
  ["ReduceMax", [1]],
  ["ReduceMean", [1]],
  ["ReduceMin", [1]],
  ["ReduceProd", [1]],
  ["ReduceSum", [1]],
  ["ReduceSumSquare", [1]],
  ["Resize", [1, 2, 3]],
  ["RotaryEmbedding", [3]],
  ["STFT", [2, 3]],
  ["Slice", [3, 4]],
  ["SoftmaxCrossEntropyLoss", [2]],
  ["Split", [1]],
  ["Squeeze", [1]],
  ["TensorScatter", [2]],
  ["Trilu", [1]],
]);

/** Whether a node of the standard operator `op` may leave input `index` without a name. */
export const mayDoWithout = (op: string, index: number): boolean =>
  OPTIONAL_INPUTS.get(op)?.includes(index) ?? false;

/**
 * Inputs that must be constants of the model. Runtime 1.30 copies the scales of a Resize to the
 * stack before it compares their number with the rank, unless they are constant.
 */
const CONSTANT_INPUTS: ReadonlyMap<string, readonly number[]> = new Map([
  ["Resize", [1, 2]],
  ["Upsample", [1]],
]);

export const mustBeConstant = (op: string, index: number): boolean =>
  CONSTANT_INPUTS.get(op)?.includes(index) ?? false;

/** From which output on an operator's outputs may be left out (an empty name). All others: none may. */
const OPTIONAL_OUTPUTS: ReadonlyMap<string, number> = new Map([
  ["Attention", 1],
  ["BatchNormalization", 1],
  ["Dropout", 1],
  ["GRU", 0],
  ["LSTM", 0],
  ["LayerNormalization", 1],
  ["MaxPool", 1],
  ["RNN", 0],
  ["SoftmaxCrossEntropyLoss", 1],
  ["Unique", 1],
]);

/** Whether a node of the standard operator `op` may leave output `index` without a name. */
export const mayLeaveOut = (op: string, index: number): boolean =>
  index >= (OPTIONAL_OUTPUTS.get(op) ?? Number.POSITIVE_INFINITY);
