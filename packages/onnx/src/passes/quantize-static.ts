import { PassError } from "../errors.ts";
import type { Model, NodeDef, NumericTensor } from "../model.ts";
import { matchesAny } from "../name-pattern.ts";
import type { NamePattern } from "../name-pattern.ts";
import { sizeOf } from "../tensor.ts";
import { calibrate } from "./calibrate.ts";
import type { CalibrationOptions, Feeds, Range } from "./calibrate.ts";
import { removeDeadCode } from "./dead-code.ts";
import { requireDescribed } from "./knowledge.ts";
import { readCounts } from "./names.ts";
import { intOf } from "./node-edit.ts";
import { createQdqWriter } from "./qdq-writer.ts";
import { fixedInitializers } from "./stored.ts";

export interface QuantizeStaticOptions extends CalibrationOptions {
  /** Names of weights to quantise. Default: all. */
  readonly weights?: readonly NamePattern[];
  /** Smaller weights stay as they are. Default 256 elements. */
  readonly minElements?: number;
  /** Seven bits for weights instead of eight, for x86 without VNNI (see `quantizeDynamic`). */
  readonly sevenBits?: boolean;
}

/** Which axis of the weight has a scale for each index. */
const channelAxis = (node: NodeDef): number | undefined => {
  if (node.op === "Conv") return 0;
  if (node.op === "MatMul") return 1;
  if (node.op !== "Gemm" || intOf(node, "transA", 0) !== 0) return undefined;
  return intOf(node, "transB", 0) === 0 ? 1 : 0;
};

/** Nodes that the runtime takes into the quantisation of the one before. */
const ACTIVATIONS: ReadonlySet<string> = new Set(["Relu", "Clip"]);

/**
 * Quantises Conv, Gemm and MatMul with ranges that are known beforehand: the model runs over
 * `batches`, and the ranges seen there are written down as QuantizeLinear and
 * DequantizeLinear around each operator (the QDQ form), which runtimes turn into kernels of
 * whole numbers. Activations become uint8 with a zero point, weights int8 with one scale for
 * each output channel, biases int32.
 *
 * Weights must be initialisers (`foldConstants`, `foldBatchNorm` before). Blocks the thread
 * for two runs of each batch.
 * @param batches what the model will meet, a few hundred rows; fed as they are
 * @throws PassError without batches, and for a model older than set 21: `upConvert` first
 * @throws SessionError where the model can't run over them
 */
export function quantizeStatic(
  model: Model,
  batches: readonly Feeds[],
  options: QuantizeStaticOptions = {},
): Model {
  requireDescribed(model);
  if (batches.length === 0) throw new PassError("Ranges are measured over batches; there are none");
  const sites = quantizable(model, options);
  const ranges = calibrate(model, batches, measured(model, sites), options);
  return removeDeadCode(rewritten(model, { sites, ranges, largest: options.sevenBits ? 63 : 127 }));
}

interface Site {
  readonly node: NodeDef;
  readonly weight: NumericTensor;
  readonly axis: number;
  readonly input: string;
  /** Its output, behind the activation function if there is one. */
  readonly output: string;
}

function quantizable(model: Model, options: QuantizeStaticOptions): Site[] {
  const { weights = ["*"], minElements = 256 } = options;
  const { graph } = model;
  const constants = fixedInitializers(graph);
  const reads = readCounts(graph);
  const firstReader = new Map(
    graph.nodes.toReversed().map((node) => [node.inputs[0] ?? "", node] as const),
  );
  return graph.nodes.flatMap((node): Site[] => {
    const [input = "", name = ""] = node.inputs;
    const [own = ""] = node.outputs;
    const weight = constants.get(name);
    const axis = node.domain === "" ? channelAxis(node) : undefined;
    if (axis === undefined || weight?.dtype !== "float32" || constants.has(input)) return [];
    if (sizeOf(weight.dims) < minElements || !matchesAny(weights, name)) return [];
    if (node.op !== "Conv" && weight.dims.length !== 2) return [];
    const next = firstReader.get(own);
    const fused = next !== undefined && ACTIVATIONS.has(next.op) && reads.get(own) === 1;
    return [{ node, weight, axis, input, output: (fused ? next.outputs[0] : own) ?? own }];
  });
}

/**
 * The values that are rounded: what the operators read, and what a Conv answers, which the
 * runtime has no kernel for that answers floats. What the model answers stays as it is.
 */
function measured({ graph }: Model, sites: readonly Site[]): string[] {
  const answered = new Set(graph.outputs.map(({ name }) => name));
  const values = sites.flatMap(({ node, input, output }) =>
    node.op === "Conv" ? [input, output] : [input],
  );
  return [...new Set(values)].filter((name) => !answered.has(name));
}

interface Plan {
  readonly sites: readonly Site[];
  readonly ranges: ReadonlyMap<string, Range>;
  readonly largest: number;
}

function rewritten(model: Model, { sites, ranges, largest }: Plan): Model {
  const { graph } = model;
  const constants = fixedInitializers(graph);
  const siteOf = new Map(sites.map((site) => [site.node, site]));
  const answers = new Set(sites.map(({ output }) => output));
  const writer = createQdqWriter(model, { ranges, largest });

  for (const { name } of graph.inputs) writer.round(name);
  for (const node of graph.nodes) {
    const site = siteOf.get(node);
    // What a whole-number kernel answers is rounded for all; before it, for its readers only.
    const inputs = node.inputs.map((name) =>
      site !== undefined || answers.has(name) ? writer.rounded(name) : name,
    );
    if (site !== undefined) {
      const bias = constants.get(node.inputs[2] ?? "");
      inputs[1] = writer.weight(site.weight, site.axis);
      if (bias !== undefined) inputs[2] = writer.bias(bias, site);
    }
    writer.nodes.push({ ...node, inputs });
    for (const name of node.outputs) writer.round(name);
  }
  return {
    ...model,
    graph: {
      ...graph,
      nodes: writer.nodes,
      initializers: [...graph.initializers, ...writer.added],
    },
  };
}
