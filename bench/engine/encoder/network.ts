import {
  byText,
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
  transformerLayerParameters,
  type Value,
  valueOf,
} from "@groundswell/autograd";

export interface Network {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly inner: number;
  readonly longest: number;
  readonly classes: number;
  /** Shares dropped while learning: inside the layers, and before the classes. */
  readonly drop: { readonly layers: number; readonly head: number };
}

export const PIECES = "pieces";
export const DEVIATION = 0.1;

const layersOf = ({ layers }: Network): string[] =>
  Array.from({ length: layers }, (_, layer) => `layer${layer}`);

export function parametersOf(network: Network): ParameterSpec[] {
  const { width, inner, longest, classes } = network;
  return [
    // A step sees the rows that its messages touch.
    { name: PIECES, shape: ["V", width], initial: normal(DEVIATION) },
    { name: "positions", shape: [longest, width], initial: normal(0.02) },
    ...normParameters("norm", width),
    ...layersOf(network).flatMap((name) => transformerLayerParameters(name, width, inner)),
    ...denseParameters("pool", width, 1),
    ...denseParameters("head", 2 * width, classes),
  ];
}

export const INPUTS = [
  { name: "bag", dtype: "float32", shape: ["L*N", "V"] },
  { name: "inside", dtype: "float32", shape: ["N", "L"] },
  { name: "places", dtype: "int64", shape: ["L"] },
] as const;

/** Logits [N, classes]. `seed`, an int64 scalar, chooses what is dropped; null drops nothing. */
export function classify(
  g: Graph,
  network: Network,
  p: NamedValues,
  inputs: NamedValues,
  seed: Value | null,
): Value {
  const { heads, drop } = network;
  let stream = 0;
  const dropped = (x: Value, rate: number): Value =>
    seed === null ? x : g.dropout(x, { rate, seed, stream: stream++ });

  const inside = valueOf(inputs, "inside");
  const sizes = g.shapeOf(inside);
  const words = g.gemm(valueOf(inputs, "bag"), valueOf(p, PIECES));
  const positions = g.gather(valueOf(p, "positions"), valueOf(inputs, "places"));
  const texts = g.add(byText(g, words, sizes, [network.width]), positions);
  const first = norm(g, p, g.flatten2(texts), "norm");
  const mask = paddingMask(g, inside);
  const x = layersOf(network).reduce(
    (y, name) =>
      encoderLayer(g, p, y, {
        name,
        heads,
        sizes,
        mask,
        drop: (part) => dropped(part, drop.layers),
      }),
    dropped(first, drop.layers),
  );
  const pooled = g.concat([meanOfWords(g, x, inside), chosenWords(g, p, x, inside)], 1);
  return dense(g, p, dropped(pooled, drop.head), "head");
}

/** Mean [batch, width] of the words, each counting as much as the network finds. */
function chosenWords(g: Graph, p: NamedValues, x: Value, inside: Value): Value {
  const sizes = g.shapeOf(inside);
  const scores = byText(g, dense(g, p, x, "pool"), sizes, [1]);
  const outside = g.unsqueeze(g.mul(g.sub(1, inside), -10_000), [2]);
  const shares = g.softmax(g.add(scores, outside), 1);
  const texts = byText(g, x, sizes, x.shape.slice(1).map(Number));
  return g.reduceSum(g.mul(texts, shares), { axes: [1] });
}
