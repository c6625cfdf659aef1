import { elementsFrom, isFloat } from "../dtype.ts";
import type { Model, NodeDef, NumericTensor } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { affineStep, numbersOf } from "./channel-affine.ts";
import type { AffineStep, ChannelAffine } from "./channel-affine.ts";
import { removeDeadCode } from "./dead-code.ts";
import { requireDescribed } from "./knowledge.ts";
import { freshNames, readCounts } from "./names.ts";
import { floatOf, intOf, withInput, without } from "./node-edit.ts";
import { fixedInitializers, loaded, stored } from "./stored.ts";

/**
 * Moves each BatchNormalization of inference into the Conv, ConvTranspose or Gemm before it,
 * where nothing else reads that one's output and the numbers of both are constant: in
 * inference it is a multiplication and an addition for each channel, and so are they. Add,
 * Sub, Mul and Div by a constant for each channel go the same way: some exporters write biases
 * and normalisations so. Answers change by rounding only.
 * @throws PassError for a model older than set 21: `upConvert` first
 */
export function foldBatchNorm(model: Model): Model {
  requireDescribed(model);
  const { graph } = model;
  const constants = new Map(fixedInitializers(graph));
  const reads = readCounts(graph);
  const fresh = freshNames(model);
  const added: NumericTensor[] = [];
  const nodes: NodeDef[] = [];
  /** Where in `nodes` the node is that computes a value. */
  const places = new Map<string, number>();

  const constant = (tensor: NumericTensor): string => {
    const name = fresh(`${tensor.name}.folded`);
    added.push({ ...tensor, name });
    constants.set(name, { ...tensor, name });
    return name;
  };
  for (const node of graph.nodes) {
    const [output = ""] = node.outputs;
    const step = affineStep(node, constants);
    const place = step && reads.get(step.input) === 1 ? places.get(step.input) : undefined;
    const before = place === undefined ? undefined : nodes[place];
    const folded = step && before && withStep(before, step, constants);
    if (place === undefined || folded === undefined) {
      places.set(output, nodes.push(node) - 1);
      continue;
    }
    const weight = withInput(folded.node, 1, constant(folded.weight));
    nodes[place] = { ...withInput(weight, 2, constant(folded.bias)), outputs: [output] };
    places.set(output, place);
  }
  return removeDeadCode({
    ...model,
    graph: { ...graph, nodes, initializers: [...graph.initializers, ...added] },
  });
}

interface Folded {
  readonly node: NodeDef;
  readonly weight: NumericTensor;
  readonly bias: NumericTensor;
}

/** The node with what `step` does to its output in its weight and bias. */
function withStep(
  node: NodeDef,
  step: AffineStep,
  constants: ReadonlyMap<string, NumericTensor>,
): Folded | undefined {
  const weight = constants.get(node.inputs[1] ?? "");
  if (weight === undefined || !isFloat(weight.dtype)) return undefined;
  const layout = channelLayout(node, weight.dims);
  const channels = layout && layout.size * layout.groups;
  const affine = channels && step.of(channels, weight.dims.length);
  const biasName = node.inputs[2] ?? "";
  const bias = constants.get(biasName);
  if (!layout || !affine || (biasName !== "" && bias === undefined)) return undefined;
  const before = bias === undefined ? affine.factor.map(() => 0) : vectorOf(bias, channels);
  if (before === undefined) return undefined;

  const beta = node.op === "Gemm" ? (floatOf(node, "beta") ?? 1) : 1;
  const after = affine.offset.map(
    (offset, channel) => (before[channel] ?? 0) * beta * (affine.factor[channel] ?? 0) + offset,
  );
  const { dtype } = weight;
  return {
    node: node.op === "Gemm" ? without(node, "beta") : node,
    weight: scaledWeight(weight, layout, affine),
    bias: stored(bias?.name ?? `${weight.name}.bias`, {
      dtype,
      dims: [channels],
      data: elementsFrom(dtype, after),
    } as Tensor),
  };
}

/** The bias of each channel; undefined for a matrix, which a Gemm may add too. */
function vectorOf(bias: NumericTensor, channels: number): number[] | undefined {
  const values = numbersOf(bias);
  if (values.length === 1) return Array.from({ length: channels }, () => values[0] ?? 0);
  const isRow = sizeOf(bias.dims) === channels && bias.dims.at(-1) === channels;
  return isRow ? values : undefined;
}

/** Where a weight has the channels of the output. */
interface ChannelLayout {
  /** Elements from one channel to the next. */
  readonly stride: number;
  /** Channels along that axis, before it starts again. */
  readonly size: number;
  /** The axis starts again that often, each time with the next channels. */
  readonly groups: number;
}

function channelLayout(node: NodeDef, dims: readonly number[]): ChannelLayout | undefined {
  const along = (axis: number, groups = 1): ChannelLayout => ({
    stride: sizeOf(dims.slice(axis + 1)),
    size: dims[axis] ?? 0,
    groups,
  });
  if (node.op === "Conv") return along(0);
  if (node.op === "ConvTranspose") return along(1, intOf(node, "group", 1));
  return node.op === "Gemm" ? along(intOf(node, "transB", 0) === 0 ? 1 : 0) : undefined;
}

function scaledWeight(
  weight: NumericTensor,
  { stride, size, groups }: ChannelLayout,
  { factor }: ChannelAffine,
): NumericTensor {
  // Of the float types, which all multiply alike.
  const data = loaded(weight).data.slice() as Float32Array;
  const perGroup = data.length / groups;
  for (let run = 0; run < data.length; run += stride) {
    const channel = (Math.floor(run / stride) % size) + Math.floor(run / perGroup) * size;
    const by = factor[channel] ?? 0;
    for (let at = run; at < run + stride; at++) data[at] = (data[at] ?? 0) * by;
  }
  const { dtype, dims } = weight;
  return stored(weight.name, { dtype, dims, data } as Tensor);
}
