import {
  adam,
  crossEntropy,
  dense,
  denseParameters,
  randomStream,
  uniform,
  valueOf,
  zeros,
} from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Training } from "../cases.ts";

interface RecurrentNetwork {
  readonly kind: "lstm" | "gru";
  readonly inputs: number;
  readonly hidden: number;
  readonly length: number;
  readonly batch: number;
  readonly classes: number;
}

/** A recurrent layer over [time, batch, inputs], classified by its last state. */
export function recurrent(network: RecurrentNetwork): Training {
  const { kind, inputs: features, hidden, length, batch, classes } = network;
  const gates = kind === "lstm" ? 4 : 3;
  const within = uniform(1 / Math.sqrt(hidden));
  return {
    step: {
      parameters: [
        { name: "rnn.input", shape: [1, gates * hidden, features], initial: within },
        { name: "rnn.state", shape: [1, gates * hidden, hidden], initial: within },
        { name: "rnn.bias", shape: [1, 2 * gates * hidden], initial: zeros },
        ...denseParameters("head", hidden, classes),
      ],
      batch: [
        { name: "x", dtype: "float32", shape: [length, "N", features] },
        { name: "y", dtype: "float32", shape: ["N", classes] },
      ],
      build(g, p, inputs) {
        const layer = {
          x: valueOf(inputs, "x"),
          w: valueOf(p, "rnn.input"),
          r: valueOf(p, "rnn.state"),
          b: valueOf(p, "rnn.bias"),
        };
        const { hidden: last } = kind === "lstm" ? g.lstm(layer) : g.gru(layer);
        const logits = dense(g, p, g.squeeze(last, [0]), "head");
        return { loss: crossEntropy(g, logits, valueOf(inputs, "y")) };
      },
      optimiser: adam(),
    },
    batch(seed) {
      const random = randomStream(seed);
      const x = Float32Array.from({ length: length * batch * features }, (_, k) =>
        random.normal(k),
      );
      const y = new Float32Array(batch * classes);
      for (let row = 0; row < batch; row++)
        y[row * classes + random.below(classes, row, 1)] = 1 / batch;
      return {
        x: tensor("float32", [length, batch, features], x),
        y: tensor("float32", [batch, classes], y),
      };
    },
  };
}
