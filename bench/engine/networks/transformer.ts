import {
  adam,
  causalMask,
  crossEntropy,
  decoderLayer,
  dense,
  denseParameters,
  encoderLayer,
  type Graph,
  meanOfWords,
  type NamedValues,
  norm,
  normal,
  normParameters,
  paddingMask,
  type ParameterSpec,
  randomStream,
  transformerLayerParameters,
  type Value,
  valueOf,
  zeros,
} from "@groundswell/autograd";
import { operators, tensor } from "@groundswell/onnx";

import type { Training } from "../cases.ts";

export interface TransformerNetwork {
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly inner: number;
  /** The most words of a text. */
  readonly length: number;
  readonly batch: number;
  readonly classes: number;
  /** Of low-rank adapters on queries and values; 0 for none. */
  readonly rank?: number;
  readonly alpha?: number;
  /** The table of words lives outside the graph, and ids are places among the rows handed in. */
  readonly wordsOutside?: boolean;
}

function parametersOf(network: TransformerNetwork): ParameterSpec[] {
  const { vocabulary, width, inner, length, rank = 0, wordsOutside = false } = network;
  return [
    { name: "words", shape: [wordsOutside ? "W" : vocabulary, width], initial: normal(0.02) },
    { name: "positions", shape: [length, width], initial: normal(0.02) },
    ...normParameters("norm", width),
    ...layersOf(network).flatMap((layer) => [
      ...transformerLayerParameters(layer, width, inner),
      ...(rank > 0 ? ["q", "v"].flatMap((part) => adapter(`${layer}.${part}`, width, rank)) : []),
    ]),
  ];
}

const layersOf = ({ layers }: TransformerNetwork): string[] =>
  Array.from({ length: layers }, (_, layer) => `block${layer}`);

const adapter = (name: string, width: number, rank: number): ParameterSpec[] => [
  { name: `${name}.lora.a`, shape: [width, rank], initial: normal(1 / Math.sqrt(width)) },
  { name: `${name}.lora.b`, shape: [rank, width], initial: zeros },
];

/** A dense layer, and its adapter where it has one. */
const projectedBy =
  ({ alpha = 1, rank = 1 }: TransformerNetwork): typeof dense =>
  (g, p, x, name) => {
    const y = dense(g, p, x, name);
    const [a, b] = [p[`${name}.lora.a`], p[`${name}.lora.b`]];
    if (a === undefined || b === undefined) return y;
    return g.gemm(g.gemm(x, a), b, y, { alpha: alpha / rank });
  };

/** Words and positions [batch · length, width] of ids [batch, length], whatever their length. */
function placed(g: Graph, p: NamedValues, ids: Value): Value {
  const [zero, one] = [g.constant(0, "int64"), g.constant(1, "int64")];
  const length = g.gather(g.shapeOf(ids), one);
  const places = g.emit(operators.Range, [zero, length, one]);
  const positions = g.gather(valueOf(p, "positions"), places);
  return g.flatten2(g.add(g.gather(valueOf(p, "words"), ids), positions));
}

/** An encoder as BERT has it, pooled by the mean over what the mask lets in, and classified. */
export function encoder(network: TransformerNetwork): Training {
  const { vocabulary, width, heads, length, batch, classes, rank = 0 } = network;
  return {
    step: {
      parameters: [...parametersOf(network), ...denseParameters("head", width, classes)].map(
        (spec) => ({ ...spec, frozen: rank > 0 && !/lora|^head/.test(spec.name) }),
      ),
      batch: [
        { name: "ids", dtype: "int64", shape: ["N", "S"] },
        { name: "mask", dtype: "float32", shape: ["N", "S"] },
        { name: "y", dtype: "float32", shape: ["N", classes] },
      ],
      build(g, p, inputs) {
        const [ids, inside] = [valueOf(inputs, "ids"), valueOf(inputs, "mask")];
        const all = { heads, sizes: g.shapeOf(ids), mask: paddingMask(g, inside) };
        const project = projectedBy(network);
        const words = norm(g, p, placed(g, p, ids), "norm");
        const x = layersOf(network).reduce(
          (y, name) => encoderLayer(g, p, y, { ...all, name, project }),
          words,
        );
        const logits = dense(g, p, meanOfWords(g, x, inside), "head");
        return { loss: crossEntropy(g, logits, valueOf(inputs, "y")) };
      },
      optimiser: adam(),
    },
    batch(seed) {
      const random = randomStream(seed);
      const ids = BigInt64Array.from({ length: batch * length }, (_, k) =>
        BigInt(random.below(vocabulary, k)),
      );
      // From half of the length to all of it.
      const mask = Float32Array.from({ length: batch * length }, (_, k) => {
        const filled = length / 2 + random.below(length / 2 + 1, Math.floor(k / length), 1);
        return k % length < filled ? 1 : 0;
      });
      const y = new Float32Array(batch * classes);
      for (let row = 0; row < batch; row++)
        y[row * classes + random.below(classes, row, 2)] = 1 / batch;
      return {
        ids: tensor("int64", [batch, length], ids),
        mask: tensor("float32", [batch, length], mask),
        y: tensor("float32", [batch, classes], y),
      };
    },
  };
}

/** A decoder as GPT has it: each place predicts the next word from those before it. */
export function decoder(network: TransformerNetwork): Training {
  const { vocabulary, heads, batch } = network;
  const length = network.length - 1;
  return {
    step: {
      parameters: parametersOf(network),
      batch: [{ name: "ids", dtype: "int64", shape: ["N", network.length] }],
      build(g, p, inputs) {
        const ids = valueOf(inputs, "ids");
        const before = g.slice(ids, 1, 0, length);
        const sizes = g.shapeOf(before);
        const each = { heads, sizes, mask: causalMask(g, sizes) };
        const x = layersOf(network).reduce(
          (y, name) => decoderLayer(g, p, y, { ...each, name, gelu: "tanh" }),
          placed(g, p, before),
        );
        const words = valueOf(p, "words");
        const logits = g.gemm(norm(g, p, x, "norm"), words, null, { transB: true });
        const next = g.reshape(g.slice(ids, 1, 1, length + 1), [`${length}*N`, 1]);
        const all = g.constant(
          Array.from({ length: vocabulary }, (_, id) => id),
          "int64",
        );
        const wanted = g.cast(g.equal(next, all), "float32");
        const loss = crossEntropy(g, logits, wanted);
        return { loss: g.mul(loss, 1 / (batch * length)) };
      },
      optimiser: adam(),
    },
    batch(seed) {
      const random = randomStream(seed);
      const ids = BigInt64Array.from({ length: batch * network.length }, (_, k) =>
        BigInt(random.below(vocabulary, k)),
      );
      return { ids: tensor("int64", [batch, network.length], ids) };
    },
  };
}
