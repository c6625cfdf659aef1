import { elementsFrom } from "../dtype.ts";
import type { Model, NodeDef, NumericTensor } from "../model.ts";
import type { Tensor } from "../tensor.ts";
import { removeDeadCode } from "./dead-code.ts";
import { freshNames, readCounts } from "./names.ts";
import { floatOf, intOf, withInput, without } from "./node-edit.ts";
import { fixedInitializers, loaded, stored } from "./stored.ts";

/** y = x · factor + offset, for each channel. */
interface Affine {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

const EPSILON = 1e-5;

/**
 * Moves each BatchNormalization of inference into the Conv, ConvTranspose or Gemm before it,
 * where nothing else reads that one's output and the numbers of both are constant: in
 * inference it is a multiplication and an addition for each channel, and so are they.
 * Answers change by rounding only.
 */
export function foldBatchNorm(model: Model): Model {
  const { graph } = model;
  const constants = fixedInitializers(graph);
  const reads = readCounts(graph);
  const fresh = freshNames(model);
  const added: NumericTensor[] = [];
  const producers = new Map(graph.nodes.map((node) => [node.outputs[0] ?? "", node]));
  const replaced = new Map<NodeDef, NodeDef | null>();

  for (const norm of graph.nodes) {
    const [x = ""] = norm.inputs;
    const before = producers.get(x);
    const affine = affineOf(norm, constants);
    if (!before || !affine || reads.get(x) !== 1 || replaced.has(before)) continue;
    const folded = scaled(before, affine, constants);
    if (folded === undefined) continue;
    const names = folded.tensors.map((tensor) => {
      const name = fresh(`${tensor.name}.normalised`);
      added.push({ ...tensor, name });
      return name;
    });
    const [weight = "", bias = ""] = names;
    const inputs = withInput(withInput(folded.node, 1, weight), 2, bias).inputs;
    replaced.set(before, { ...folded.node, inputs, outputs: norm.outputs.slice(0, 1) });
    replaced.set(norm, null);
  }

  const nodes = graph.nodes.flatMap((node) => {
    const change = replaced.get(node);
    if (change === undefined) return [node];
    return change === null ? [] : [change];
  });
  return removeDeadCode({
    ...model,
    graph: { ...graph, nodes, initializers: [...graph.initializers, ...added] },
  });
}

const numbersOf = (tensor: NumericTensor): number[] =>
  Array.from<number | bigint, number>(loaded(tensor).data, Number);

function affineOf(
  node: NodeDef,
  constants: ReadonlyMap<string, NumericTensor>,
): Affine | undefined {
  if (node.op !== "BatchNormalization" || intOf(node, "training_mode", 0) !== 0) return undefined;
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((name) => {
    const constant = constants.get(name);
    return constant && numbersOf(constant);
  });
  if (!scale || !bias || !mean || !variance) return undefined;
  const epsilon = floatOf(node, "epsilon") ?? EPSILON;
  const factor = scale.map((value, i) => value / Math.sqrt((variance[i] ?? 0) + epsilon));
  const offset = bias.map((value, i) => value - (mean[i] ?? 0) * (factor[i] ?? 0));
  return { factor, offset };
}

interface Scaled {
  readonly node: NodeDef;
  /** Weight and bias. */
  readonly tensors: readonly [NumericTensor, NumericTensor];
}

function scaled(
  node: NodeDef,
  affine: Affine,
  constants: ReadonlyMap<string, NumericTensor>,
): Scaled | undefined {
  const weight = constants.get(node.inputs[1] ?? "");
  const axisOfChannel = weight && channelAxis(node, weight.dims);
  if (weight === undefined || axisOfChannel === undefined) return undefined;
  const biasName = node.inputs[2] ?? "";
  const bias = biasName === "" ? undefined : constants.get(biasName);
  if (biasName !== "" && bias === undefined) return undefined;
  const channels = affine.factor.length;
  // A Gemm may add a whole matrix, which no vector replaces.
  if (bias !== undefined && numbersOf(bias).length > channels) return undefined;

  const beta = node.op === "Gemm" ? (floatOf(node, "beta") ?? 1) : 1;
  const before = bias === undefined ? [0] : numbersOf(bias);
  const after = affine.offset.map((offset, channel) => {
    const value = before[before.length === 1 ? 0 : channel] ?? 0;
    return value * beta * (affine.factor[channel] ?? 0) + offset;
  });
  return {
    node: node.op === "Gemm" ? without(node, "beta") : node,
    tensors: [
      scaledWeight(weight, { ...axisOfChannel, factor: affine.factor }),
      stored(bias?.name ?? `${weight.name}.bias`, {
        dtype: weight.dtype,
        dims: [channels],
        data: elementsFrom(weight.dtype, after),
      } as Tensor),
    ],
  };
}

interface ChannelAxis {
  /** Elements from one channel to the next. */
  readonly stride: number;
  /** Channels along that axis, before it starts again. */
  readonly size: number;
  /** The axis starts again that often, each time with the next channels. */
  readonly groups: number;
}

/** Where a weight has the channels of the output. */
function channelAxis(node: NodeDef, dims: readonly number[]): ChannelAxis | undefined {
  const inner = (axis: number): number => dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  if (node.op === "Conv") return { stride: inner(0), size: dims[0] ?? 0, groups: 1 };
  if (node.op === "ConvTranspose") {
    return { stride: inner(1), size: dims[1] ?? 0, groups: intOf(node, "group", 1) };
  }
  if (node.op !== "Gemm") return undefined;
  const axis = intOf(node, "transB", 0) === 0 ? 1 : 0;
  return { stride: inner(axis), size: dims[axis] ?? 0, groups: 1 };
}

function scaledWeight(
  weight: NumericTensor,
  { stride, size, groups, factor }: ChannelAxis & { factor: readonly number[] },
): NumericTensor {
  const numbers = numbersOf(weight);
  const perGroup = numbers.length / groups;
  const data = numbers.map((value, at) => {
    const channel = (Math.floor(at / stride) % size) + Math.floor(at / perGroup) * size;
    return value * (factor[channel] ?? 0);
  });
  const { dtype, dims } = weight;
  return stored(weight.name, { dtype, dims, data: elementsFrom(dtype, data) } as Tensor);
}
