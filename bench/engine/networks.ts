import { adam, crossEntropy, he, randomStream, sgd, zeros } from "@groundswell/autograd";
import type { Graph, Value } from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Training } from "./cases.ts";

interface MlpNetwork {
  readonly sizes: readonly number[];
  readonly batch: number;
  readonly optimiser: "sgd" | "adam";
}

/** Dense layers with ReLU between them; one output is trained as a logit of yes or no. */
export function mlp({ sizes, batch, optimiser }: MlpNetwork): Training {
  const [inputs = 1, outputs = 1] = [sizes[0], sizes.at(-1)];
  const layers = sizes.slice(1).map((width, layer) => ({
    w: `w${layer}`,
    b: `b${layer}`,
    shape: [sizes[layer] ?? 1, width],
  }));
  const forward = (g: Graph, p: Readonly<Record<string, Value>>, x: Value): Value =>
    layers.reduce((h, { w, b }, layer) => {
      const z = g.gemm(h, need(p[w]), need(p[b]));
      return layer + 1 < layers.length ? g.relu(z) : z;
    }, x);
  return {
    step: {
      parameters: layers.flatMap(({ w, b, shape }) => [
        { name: w, shape, initial: he },
        { name: b, shape: shape.slice(1), initial: zeros },
      ]),
      batch: [
        { name: "x", dtype: "float32", shape: ["N", inputs] },
        { name: "y", dtype: "float32", shape: ["N", outputs] },
      ],
      build(g, p, { x, y }) {
        const logits = forward(g, p, need(x));
        return {
          loss: outputs === 1 ? binary(g, logits, need(y)) : crossEntropy(g, logits, need(y)),
        };
      },
      optimiser: optimiser === "sgd" ? sgd() : adam(),
    },
    batch(seed) {
      const random = randomStream(seed);
      const x = Float32Array.from({ length: batch * inputs }, (_, k) => random.normal(k));
      const y = new Float32Array(batch * outputs);
      for (let row = 0; row < batch; row++) {
        if (outputs === 1) y[row] = random.below(2, row, 1);
        else y[row * outputs + random.below(outputs, row, 1)] = 1 / batch;
      }
      return {
        x: tensor("float32", [batch, inputs], x),
        y: tensor("float32", [batch, outputs], y),
      };
    },
  };
}

/** Mean cross-entropy of yes or no from a logit: softplus(z) − z·y. */
const binary = (g: Graph, logits: Value, y: Value): Value =>
  g.reduceMean(g.sub(g.softplus(logits), g.mul(logits, y)));

function need(value: Value | undefined): Value {
  if (value === undefined) throw new Error("The step declares all that it uses");
  return value;
}
