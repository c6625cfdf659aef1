import { operators, sizeOf, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { bind, evaluate } from "../gradcheck.ts";
import { gradient } from "../gradient.ts";
import { createGraph } from "../graph.ts";
import type { Graph } from "../graph.ts";
import { randomStream } from "../random.ts";
import type { Shape, Value } from "../value.ts";
import { canBeRows } from "./choice.ts";
import { inRows } from "./in-rows.ts";

interface Network {
  readonly inputs: readonly Shape[];
  readonly build: (g: Graph, inputs: readonly Value[]) => Value;
  /** Operators that are left, of those that work on planes. */
  readonly left?: readonly string[];
}

const pads = [1, 1, 1, 1];
const PLANES = ["Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "BatchNormalization"];

function normalized(g: Graph, x: Value, scale: Value, bias: Value): Value {
  const { mean, variance } = { mean: g.constant([0, 0, 0], "float32"), variance: scale };
  return g.batchNormTraining(x, { scale, bias, mean, variance }).y;
}

const NETWORKS: Record<string, Network> = {
  "a convolution": {
    inputs: [["N", 2, 5, 4], [3, 2, 3, 3], [3]],
    build: (g, [x, w, b]) => g.conv(x!, w!, b!, { pads }),
  },
  "strides, dilations and uneven padding": {
    inputs: [
      ["N", 2, 9, 8],
      [3, 2, 3, 2],
    ],
    build: (g, [x, w]) =>
      g.conv(x!, w!, null, { strides: [2, 3], dilations: [2, 1], pads: [1, 0, 2, 1] }),
  },
  "one axis": {
    inputs: [
      ["N", 2, 9],
      [3, 2, 3],
      [4, 3, 1],
    ],
    build: (g, [x, w, v]) => g.conv(g.relu(g.conv(x!, w!)), v!, null, { strides: [2] }),
  },
  "a convolution, its Relu and a pool": {
    inputs: [["N", 2, 4, 6], [3, 2, 3, 3], [3], [2, 3, 3, 3]],
    build: (g, [x, w, b, v]) => {
      const pooled = g.maxPool(g.relu(g.conv(x!, w!, b!, { pads })), [2, 3]);
      return g.maxPool(g.conv(pooled, v!, null, { pads }), [2, 2]);
    },
  },
  "a pool whose windows overlap": {
    inputs: [["N", 2, 5, 6], [3, 2, 3, 3], [3]],
    build: (g, [x, w, b]) =>
      g.maxPool(g.conv(x!, w!, b!, { pads }), [3, 3], { strides: [2, 2], pads }),
  },
  "averages, in part over all": {
    inputs: [
      ["N", 2, 4, 4],
      [3, 2, 3, 3],
      [2, 3, 1, 1],
    ],
    build: (g, [x, w, v]) => {
      const half = g.averagePool(g.relu(g.conv(x!, w!, null, { pads })), [2, 2]);
      return g.globalAveragePool(g.conv(half, v!));
    },
  },
  "batch normalisation, and a way around": {
    inputs: [["N", 3, 4, 4], [3, 3, 3, 3], [3], [3], [2, 3, 3, 3]],
    build: (g, [x, w, scale, bias, v]) => {
      const y = g.relu(normalized(g, g.conv(x!, w!, null, { pads }), scale!, bias!));
      const added = g.relu(g.add(normalized(g, g.conv(y, w!, null, { pads }), scale!, bias!), y));
      const pooled = g.maxPool(g.relu(normalized(g, g.conv(added, w!), scale!, bias!)), [2, 2]);
      return g.conv(pooled, v!, null, { pads });
    },
  },
  "channels weighted by what they are on average": {
    inputs: [
      ["N", 2, 4, 4],
      [3, 2, 3, 3],
      [3, 3, 1, 1],
    ],
    build: (g, [x, w, v]) => {
      const y = g.conv(x!, w!, null, { pads });
      const means = g.emit(operators.GlobalAveragePool, [y]);
      return g.mul(y, g.sigmoid(g.conv(means, v!)));
    },
  },
  "planes weighted by means in rows": {
    inputs: [
      ["N", 2, 4, 4],
      [2, 1, 3, 3],
      [2, 2, 1, 1],
    ],
    build: (g, [x, w, v]) => {
      const y = g.conv(x!, w!, null, { pads, group: 2 });
      const means = g.conv(g.emit(operators.GlobalAveragePool, [y]), v!);
      return g.mul(y, g.sigmoid(means));
    },
    left: ["Conv", "GlobalAveragePool"],
  },
  "groups stay": {
    inputs: [
      ["N", 2, 4, 4],
      [4, 2, 3, 3],
      [4, 2, 3, 3],
    ],
    build: (g, [x, w, v]) => {
      const y = g.relu(g.conv(x!, w!, null, { pads }));
      return g.relu(g.conv(y, v!, null, { pads, group: 2 }));
    },
    left: ["Conv"],
  },
};

test.each(Object.entries(NETWORKS))("%s: rows give the same, and the same slopes", (_, network) => {
  const g = createGraph();
  const inputs = network.inputs.map((shape, i) => g.input(`x${i}`, "float32", shape));
  const y = network.build(g, inputs);
  const again = inRows(g, [y], canBeRows)(y);
  expect(again).not.toBe(y);
  expect(planesIn(again)).toEqual(new Set(network.left));

  const weight = g.input("weight", "float32", y.shape);
  const stream = randomStream(3);
  const named: Record<string, Value> = {};
  for (const [form, value] of [
    ["planes", y],
    ["rows", again],
  ] as const) {
    named[`${form}.y`] = value;
    const slopes = gradient(g, g.reduceSum(g.mul(value, weight)), inputs);
    for (const [i, slope] of slopes.entries()) named[`${form}.${i}`] = slope;
  }
  const feeds = Object.fromEntries(
    [...inputs, weight].map(({ name, shape }, i) => {
      const dims = bind(shape);
      const data = Float32Array.from({ length: sizeOf(dims) }, (_, k) => stream.normal(k, i));
      return [name, tensor("float32", dims, data)];
    }),
  );
  const answered = evaluate(g, [...inputs, weight], feeds, named);
  for (const part of ["y", ...inputs.keys()]) {
    const [planes, rows] = [answered[`planes.${part}`], answered[`rows.${part}`]];
    expect(rows?.dims).toEqual(planes?.dims);
    const [theirs, ours] = [planes, rows].map((value) => Array.from(value?.data ?? [], Number));
    const furthest = Math.max(
      ...(theirs ?? []).map((value, k) => Math.abs(value - (ours?.[k] ?? Number.NaN))),
    );
    expect(furthest).toBeLessThan(2e-5);
  }
});

test("where there is no convolution, everything stays", () => {
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 2, 4, 4]);
  const y = g.maxPool(x, [2, 2]);
  expect(inRows(g, [y])(y)).toBe(y);
});

function planesIn(value: Value): Set<string> {
  const found = new Set<string>();
  const open = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.node === null) continue;
    if (PLANES.includes(next.node.operator.name)) found.add(next.node.operator.name);
    open.push(...next.node.inputs.filter((input) => input !== null));
  }
  return found;
}
