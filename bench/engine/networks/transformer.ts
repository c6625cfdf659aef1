import {
  adam,
  crossEntropy,
  type Graph,
  normal,
  type ParameterSpec,
  randomStream,
  type Value,
  zeros,
} from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Training } from "../cases.ts";
import { at, dense, denseParameters, norm, normParameters, type Values } from "./parts.ts";

export interface TransformerNetwork {
  readonly vocabulary: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly inner: number;
  readonly length: number;
  readonly batch: number;
  readonly classes: number;
  /** Of low-rank adapters on queries and values; 0 for none. */
  readonly rank?: number;
  readonly alpha?: number;
}

function parametersOf(network: TransformerNetwork): ParameterSpec[] {
  const { vocabulary, width, layers, inner, length, rank = 0 } = network;
  const blocks = Array.from({ length: layers }, (_, layer) => `block${layer}`);
  return [
    { name: "words", shape: [vocabulary, width], initial: normal(0.02) },
    { name: "positions", shape: [length, width], initial: normal(0.02) },
    ...normParameters("norm", width),
    ...blocks.flatMap((block) => [
      ...["q", "k", "v", "o"].flatMap((part) => denseParameters(`${block}.${part}`, width, width)),
      ...normParameters(`${block}.norm1`, width),
      ...denseParameters(`${block}.up`, width, inner),
      ...denseParameters(`${block}.down`, inner, width),
      ...normParameters(`${block}.norm2`, width),
      ...(rank > 0 ? ["q", "v"].flatMap((part) => adapter(`${block}.${part}`, width, rank)) : []),
    ]),
  ];
}

const adapter = (name: string, width: number, rank: number): ParameterSpec[] => [
  { name: `${name}.lora.a`, shape: [width, rank], initial: normal(1 / Math.sqrt(width)) },
  { name: `${name}.lora.b`, shape: [rank, width], initial: zeros },
];

/** A dense layer, and its adapter where it has one. */
function projected(
  g: Graph,
  p: Values,
  x: Value,
  name: string,
  network: TransformerNetwork,
): Value {
  const y = dense(g, p, x, name);
  const [a, b] = [p[`${name}.lora.a`], p[`${name}.lora.b`]];
  if (a === undefined || b === undefined) return y;
  const alpha = (network.alpha ?? 1) / (network.rank ?? 1);
  return g.gemm(g.gemm(x, a), b, y, { alpha });
}

/** x [batch · length, width]; `mask` is added to the scores [batch, heads, length, length]. */
function attention(
  g: Graph,
  p: Values,
  x: Value,
  { name, length, mask }: { name: string; length: number; mask: Value },
  network: TransformerNetwork,
): Value {
  const { width, heads } = network;
  const each = width / heads;
  const head = (part: string): Value => {
    const y = projected(g, p, x, `${name}.${part}`, network);
    return g.reshape(y, ["N", length, heads, each]);
  };
  const q = g.transpose(head("q"), [0, 2, 1, 3]);
  const k = g.transpose(head("k"), [0, 2, 3, 1]);
  const v = g.transpose(head("v"), [0, 2, 1, 3]);
  const scores = g.add(g.mul(g.matmul(q, k), 1 / Math.sqrt(each)), mask);
  const mixed = g.transpose(g.matmul(g.softmax(scores), v), [0, 2, 1, 3]);
  return dense(g, p, g.reshape(mixed, [x.shape[0] ?? 1, width]), `${name}.o`);
}

const feedForward = (g: Graph, p: Values, x: Value, name: string, approximate: "none" | "tanh") =>
  dense(g, p, g.gelu(dense(g, p, x, `${name}.up`), approximate), `${name}.down`);

/** Words and positions [batch · length, width] of ids [batch, length]. */
function embedded(g: Graph, p: Values, ids: Value, length: number, width: number): Value {
  const positions = g.slice(at(p, "positions"), 0, 0, length);
  const both = g.add(g.gather(at(p, "words"), ids), positions);
  return g.reshape(both, [`${length}*N`, width]);
}

/** An encoder as BERT has it, pooled by the mean over what the mask lets in, and classified. */
export function encoder(network: TransformerNetwork): Training {
  const { vocabulary, width, layers, length, batch, classes, rank = 0 } = network;
  return {
    step: {
      parameters: [...parametersOf(network), ...denseParameters("head", width, classes)].map(
        (spec) => ({ ...spec, frozen: rank > 0 && !/lora|^head/.test(spec.name) }),
      ),
      batch: [
        { name: "ids", dtype: "int64", shape: ["N", length] },
        { name: "mask", dtype: "float32", shape: ["N", length] },
        { name: "y", dtype: "float32", shape: ["N", classes] },
      ],
      build(g, p, inputs) {
        const inside = at(inputs, "mask");
        const mask = g.reshape(g.mul(g.sub(1, inside), -10_000), ["N", 1, 1, length]);
        let x = norm(g, p, embedded(g, p, at(inputs, "ids"), length, width), "norm");
        for (let layer = 0; layer < layers; layer++) {
          const name = `block${layer}`;
          const mixed = attention(g, p, x, { name, length, mask }, network);
          x = norm(g, p, g.add(mixed, x), `${name}.norm1`);
          x = norm(g, p, g.add(feedForward(g, p, x, name, "none"), x), `${name}.norm2`);
        }
        const weights = g.unsqueeze(inside, [2]);
        const kept = g.mul(g.reshape(x, ["N", length, width]), weights);
        const sum = g.reduceSum(kept, { axes: [1] });
        const pooled = g.div(sum, g.reduceSum(weights, { axes: [1] }));
        return { loss: crossEntropy(g, dense(g, p, pooled, "head"), at(inputs, "y")) };
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
  const { vocabulary, width, layers, batch } = network;
  const length = network.length - 1;
  return {
    step: {
      parameters: parametersOf(network),
      batch: [{ name: "ids", dtype: "int64", shape: ["N", network.length] }],
      build(g, p, inputs) {
        const ids = at(inputs, "ids");
        const later = Array.from({ length: length * length }, (_, k) =>
          k % length > Math.floor(k / length) ? -10_000 : 0,
        );
        const mask = g.constant(later, "float32", [length, length]);
        let x = embedded(g, p, g.slice(ids, 1, 0, length), length, width);
        for (let layer = 0; layer < layers; layer++) {
          const name = `block${layer}`;
          const before = norm(g, p, x, `${name}.norm1`);
          x = g.add(x, attention(g, p, before, { name, length, mask }, network));
          x = g.add(x, feedForward(g, p, norm(g, p, x, `${name}.norm2`), name, "tanh"));
        }
        const words = at(p, "words");
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
