import {
  adam,
  crossEntropy,
  he,
  normal,
  randomStream,
  sgd,
  xavier,
  zeros,
} from "@groundswell/autograd";
import type { Graph, Value } from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Training } from "../cases.ts";

interface MlpNetwork {
  readonly sizes: readonly number[];
  readonly batch: number;
  readonly optimiser: "sgd" | "adam";
}

/** Dense layers with ReLU between them; one output is trained as a logit of yes or no. */
export function mlp({ sizes, batch, optimiser }: MlpNetwork): Training {
  const [inputs = 1, outputs = 1] = [sizes[0], sizes.at(-1)];
  const layers = sizes.slice(1).map((width, layer) => ({
    w: `layer${layer}.w`,
    b: `layer${layer}.b`,
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

interface TwoTowerNetwork {
  readonly users: number;
  readonly items: number;
  readonly width: number;
  readonly outputs: number;
  readonly temperature: number;
  readonly batch: number;
}

/** Users and items as points; those that met are near each other, the rest of the batch is not. */
export function twoTower(network: TwoTowerNetwork): Training {
  const { users, items, width, outputs, temperature, batch } = network;
  return {
    step: {
      parameters: [
        { name: "users", shape: [users, width], initial: normal(0.5) },
        { name: "items", shape: [items, width], initial: normal(0.5) },
        { name: "user.w", shape: [width, outputs], initial: xavier },
        { name: "user.b", shape: [outputs], initial: zeros },
        { name: "item.w", shape: [width, outputs], initial: xavier },
        { name: "item.b", shape: [outputs], initial: zeros },
      ],
      batch: [
        { name: "user", dtype: "int64", shape: ["N"] },
        { name: "item", dtype: "int64", shape: ["N"] },
        { name: "same", dtype: "float32", shape: ["N", "N"] },
      ],
      build(g, p, inputs) {
        const tower = (of: string, table: string): Value => {
          const looked = g.gather(need(p[table]), need(inputs[of]));
          const point = g.gemm(looked, need(p[`${of}.w`]), need(p[`${of}.b`]));
          const length = g.sqrt(g.reduceSum(g.square(point), { axes: [1], keepDims: true }));
          return g.div(point, length);
        };
        const scores = g.gemm(tower("user", "users"), tower("item", "items"), null, {
          transB: true,
          alpha: 1 / temperature,
        });
        return { loss: crossEntropy(g, scores, need(inputs["same"])) };
      },
      optimiser: adam(),
    },
    batch(seed) {
      const random = randomStream(seed);
      const ids = (count: number, of: number) =>
        BigInt64Array.from({ length: batch }, (_, row) => BigInt(random.below(count, row, of)));
      const same = new Float32Array(batch * batch);
      for (let row = 0; row < batch; row++) same[row * batch + row] = 1 / batch;
      return {
        user: tensor("int64", [batch], ids(users, 1)),
        item: tensor("int64", [batch], ids(items, 2)),
        same: tensor("float32", [batch, batch], same),
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
