import {
  dataOf,
  decodeSafetensors,
  encodeSafetensors,
  matchesAny,
  sizeOf,
  tensor,
} from "@groundswell/onnx";
import type { GraphDef, Model, NamePattern, NodeDef, NumericTensor } from "@groundswell/onnx";

import { plainNode } from "./emission.ts";
import { GraphError } from "./errors.ts";
import { normal, zeros } from "./initialisers.ts";
import { randomStream } from "./random.ts";

/** What `importModel` and `fineTune` are to train of a model with adapters: nothing else. */
export const LORA_PARAMETERS: readonly NamePattern[] = ["*.lora.a", "*.lora.b"];

export interface LoraOptions {
  /** Which weights of MatMul and Gemm get an adapter. */
  readonly weights: readonly NamePattern[];
  /** The inner size of an adapter. */
  readonly rank: number;
  /** What an adapter adds is scaled by alpha / rank. Default: rank. */
  readonly alpha?: number;
  readonly seed: number;
}

/** A node whose weight gets an adapter. */
interface Site {
  readonly node: NodeDef;
  readonly weight: NumericTensor;
  readonly inputs: number;
  readonly outputs: number;
  /** The weight lies [outputs, inputs]. */
  readonly transposed: boolean;
  /** What a Gemm multiplies its product by. */
  readonly factor: number;
}

/**
 * Adds low-rank adapters to a model (Hu et al., "LoRA", 2021): a product x·W becomes
 * x·W + (x·A)·B · alpha / rank, with A [inputs, rank] normal of variance 1 / inputs and B
 * [rank, outputs] zero, so that the model computes at first what it did. They are weights
 * `<W>.lora.a` and `<W>.lora.b`; a weight that several nodes read has one pair.
 * @throws GraphError where no weight matches, and where one is read in another place than the
 *   second input of a MatMul or an untransposed Gemm
 */
export function addLora(model: Model, options: LoraOptions): Model {
  const { rank, alpha = rank, seed } = options;
  const sites = sitesOf(model.graph, options.weights);
  const stream = randomStream(seed);
  const adapters = distinctWeights(sites).flatMap(({ weight, inputs, outputs }, index) => {
    const a = normal(1 / Math.sqrt(inputs))([inputs, rank], stream, index);
    const b = zeros([rank, outputs], stream, index);
    const names = adapterNames(weight.name);
    return [
      stored(names.a, [inputs, rank], a),
      stored(names.b, [rank, outputs], b),
      stored(names.scale, [], Float32Array.of(alpha / rank)),
    ];
  });
  const byNode = new Map(sites.map((site) => [site.node, site]));
  const nodes = model.graph.nodes.flatMap((node) => {
    const site = byNode.get(node);
    return site === undefined ? [node] : adapted(site);
  });
  const initializers = [...model.graph.initializers, ...adapters];
  return { ...model, graph: { ...model.graph, nodes, initializers } };
}

const adapterNames = (weight: string) => ({
  a: `${weight}.lora.a`,
  b: `${weight}.lora.b`,
  scale: `${weight}.lora.scale`,
});

/** The node, and beside it what its adapter adds. */
function adapted({ node, weight }: Site): NodeDef[] {
  const [x = ""] = node.inputs;
  const [output = ""] = node.outputs;
  const { a, b, scale } = adapterNames(weight.name);
  const within = (part: string): string => `${output}/lora.${part}`;
  const step = (op: string, inputs: string[], part: string): NodeDef =>
    plainNode({ op, name: within(part), inputs, outputs: [within(part)] });
  return [
    { ...node, outputs: [within("base")] },
    step("MatMul", [x, a], "down"),
    // Scaled where it is narrow.
    step("Mul", [within("down"), scale], "scaled"),
    step("MatMul", [within("scaled"), b], "up"),
    plainNode({
      op: "Add",
      name: within("sum"),
      inputs: [within("base"), within("up")],
      outputs: [output],
    }),
  ];
}

function sitesOf(graph: GraphDef, patterns: readonly NamePattern[]): Site[] {
  const weights = new Map(
    graph.initializers
      .filter(
        ({ name, dtype, dims }) =>
          matchesAny(patterns, name) && dtype === "float32" && dims.length === 2,
      )
      .map((weight) => [weight.name, weight as NumericTensor]),
  );
  const sites = graph.nodes.flatMap((node) => siteOf(node, weights) ?? []);
  if (sites.length === 0) {
    throw new GraphError(`No MatMul or Gemm reads a weight called ${patterns.join(" or ")}`);
  }
  return sites;
}

function siteOf(node: NodeDef, weights: ReadonlyMap<string, NumericTensor>): Site | null {
  const at = node.inputs.findIndex((name) => weights.has(name));
  const weight = weights.get(node.inputs[at] ?? "");
  if (weight === undefined) return null;
  const flag = (name: string): boolean => numberOf(node, name, 0) === 1;
  const isProduct = node.op === "MatMul" || (node.op === "Gemm" && !flag("transA"));
  if (!isProduct || at !== 1) {
    throw new GraphError(`"${weight.name}" is input ${at} of ${node.op} (node ${node.name})`);
  }
  const transposed = node.op === "Gemm" && flag("transB");
  const [rows = 0, columns = 0] = weight.dims;
  const [inputs, outputs] = transposed ? [columns, rows] : [rows, columns];
  return { node, weight, inputs, outputs, transposed, factor: numberOf(node, "alpha", 1) };
}

function numberOf({ attributes }: NodeDef, name: string, fallback: number): number {
  const attribute = attributes[name];
  return attribute?.kind === "int" || attribute?.kind === "float"
    ? Number(attribute.value)
    : fallback;
}

const distinctWeights = (sites: readonly Site[]): Site[] => [
  ...new Map(sites.map((site) => [site.weight.name, site])).values(),
];

/** Adapters without the model that they belong to. */
export interface Adapters {
  /** `<W>.lora.a` and `<W>.lora.b`, row-major: what `trainer.parameters()` answers. */
  readonly values: Readonly<Record<string, Float32Array>>;
  readonly rank: number;
  readonly alpha: number;
}

/**
 * Adds what the adapters say to the weights of the model that they were trained on: a plain
 * model, as large and as fast as it was.
 * @throws GraphError where an adapter has no weight here, or doesn't fit it
 */
export function mergeLora(model: Model, adapters: Adapters): Model {
  const names = weightsOf(adapters);
  const sites = new Map(
    sitesOf(model.graph, names).map((site) => [site.weight.name, site] as const),
  );
  const missing = names.find((name) => !sites.has(name));
  if (missing !== undefined) throw new GraphError(`The model has no weight "${missing}"`);
  const initializers = model.graph.initializers.map((weight) => {
    const site = sites.get(weight.name);
    return site === undefined ? weight : merged(site, adapters);
  });
  return { ...model, graph: { ...model.graph, initializers } };
}

const weightsOf = ({ values }: Adapters): string[] =>
  Object.keys(values).flatMap((name) =>
    name.endsWith(".lora.a") ? [name.slice(0, -".lora.a".length)] : [],
  );

/** W + A·B · alpha / rank, in the order in which W lies. */
function merged(site: Site, { values, rank, alpha }: Adapters): NumericTensor {
  const { weight, inputs, outputs, transposed, factor } = site;
  const names = adapterNames(weight.name);
  const [a, b] = [values[names.a], values[names.b]];
  if (a?.length !== inputs * rank || b?.length !== rank * outputs) {
    throw new GraphError(`The adapter of "${weight.name}" isn't of rank ${rank} for its sizes`);
  }
  const sum = new Float32Array(weight.bytes.slice().buffer, 0, sizeOf(weight.dims));
  const scale = alpha / rank / factor;
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < outputs; j++) {
      let product = 0;
      for (let r = 0; r < rank; r++) product += (a[i * rank + r] ?? 0) * (b[r * outputs + j] ?? 0);
      const at = transposed ? j * inputs + i : i * outputs + j;
      sum[at] = (sum[at] ?? 0) + product * scale;
    }
  }
  return stored(weight.name, weight.dims, sum);
}

const stored = (name: string, dims: readonly number[], values: Float32Array): NumericTensor => ({
  name,
  dtype: "float32",
  dims,
  bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
});

/** A safetensors file of the adapters alone. */
export function encodeAdapters({ values, rank, alpha }: Adapters): Uint8Array {
  const tensors = Object.entries(values).map(([name, data]) => {
    const other = data.length / rank;
    const dims = name.endsWith(".lora.a") ? [other, rank] : [rank, other];
    return [name, tensor("float32", dims, Float32Array.from(data))] as const;
  });
  const metadata = { format: "groundswell-lora 1", rank: String(rank), alpha: String(alpha) };
  return encodeSafetensors(Object.fromEntries(tensors), metadata);
}

/** @throws GraphError for a file of something else; SafetensorsFormatError for no such file */
export function decodeAdapters(bytes: Uint8Array): Adapters {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const [rank, alpha] = [Number(metadata["rank"]), Number(metadata["alpha"])];
  if (metadata["format"] !== "groundswell-lora 1" || !(rank > 0) || !Number.isFinite(alpha)) {
    throw new GraphError("The file doesn't hold adapters");
  }
  const values = Object.entries(tensors).map(
    ([name, held]) => [name, dataOf(held, "float32").slice()] as const,
  );
  return { values: Object.fromEntries(values), rank, alpha };
}
