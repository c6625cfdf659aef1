import {
  dense,
  type Graph,
  he,
  type NamedValues,
  normal,
  ones,
  type ParameterSpec,
  type Value,
  valueOf,
  zeros,
} from "@groundswell/autograd";

/** A convolution of 3 × 3 with normalisation and Relu. */
interface Layer {
  readonly outputs: number;
  /** The greatest of 2 × 2 follows. */
  readonly pool: boolean;
}

export const CLASSES = 10;

/** Convolutions, and one dense layer over all that is left. */
export interface Network {
  readonly side: number;
  readonly layers: readonly Layer[];
}

const leftOf = ({ side, layers }: Network): number =>
  layers.reduce((size, { pool }) => (pool ? size >> 1 : size), side);

export function parametersOf(network: Network): ParameterSpec[] {
  const { layers } = network;
  const last = layers.at(-1)?.outputs ?? 1;
  const flat = last * leftOf(network) ** 2;
  return [
    ...layers.flatMap(({ outputs }, i): ParameterSpec[] => {
      const inputs = layers[i - 1]?.outputs ?? 1;
      const deviation = Math.sqrt(2 / (9 * inputs));
      return [
        { name: `${i}.k`, shape: [outputs, inputs, 3, 3], initial: normal(deviation) },
        { name: `${i}.scale`, shape: [outputs], initial: ones },
        { name: `${i}.bias`, shape: [outputs], initial: zeros },
        { name: `${i}.mean`, shape: [outputs], initial: zeros },
        { name: `${i}.variance`, shape: [outputs], initial: ones },
      ];
    }),
    { name: "head.w", shape: [flat, CLASSES], initial: he },
    { name: "head.b", shape: [CLASSES], initial: zeros },
  ];
}

interface Answer {
  /** [N, classes] */
  readonly logits: Value;
  /** In training, what becomes of the running statistics. */
  readonly tracked: Record<string, Value>;
}

/** x [N, 1, side, side] */
export function classify(
  g: Graph,
  { network, p, training }: { network: Network; p: NamedValues; training: boolean },
  input: Value,
): Answer {
  const tracked: Record<string, Value> = {};
  let x = input;
  for (const [i, { pool }] of network.layers.entries()) {
    const y = g.conv(x, valueOf(p, `${i}.k`), null, { pads: [1, 1, 1, 1] });
    const norm = {
      scale: valueOf(p, `${i}.scale`),
      bias: valueOf(p, `${i}.bias`),
      mean: valueOf(p, `${i}.mean`),
      variance: valueOf(p, `${i}.variance`),
    };
    if (training) {
      const normed = g.batchNormTraining(y, norm);
      tracked[`${i}.mean`] = normed.mean;
      tracked[`${i}.variance`] = normed.variance;
      x = g.relu(normed.y);
    } else {
      x = g.relu(g.batchNorm(y, norm));
    }
    if (pool) x = g.maxPool(x, [2, 2]);
  }
  const [batch = 1] = x.shape;
  const width = Number(valueOf(p, "head.w").shape[0]);
  return { logits: dense(g, p, g.reshape(x, [batch, width]), "head"), tracked };
}
