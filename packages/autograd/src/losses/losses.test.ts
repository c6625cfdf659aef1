import { dataOf, sizeOf, tensor } from "@groundswell/onnx";
import { describe, expect, test } from "vitest";

import { evaluate } from "../gradcheck.ts";
import { gradient } from "../gradient.ts";
import { createGraph } from "../graph.ts";
import type { Graph } from "../graph.ts";
import {
  binaryCrossEntropy,
  bpr,
  contrastive,
  crossEntropy,
  distillation,
  dpo,
  huber,
  listNet,
  meanSquared,
  pairwiseLogistic,
  policyGradient,
  qLearning,
  sampledSoftmax,
} from "../losses.ts";
import { randomStream } from "../random.ts";
import type { Value } from "../value.ts";

type Numbers = readonly number[];
type Rows = readonly Numbers[];

interface LossCase {
  readonly name: string;
  /** Shapes of the inputs; those that may train come first. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly trains: readonly string[];
  readonly build: (g: Graph, inputs: Readonly<Record<string, Value>>) => Value;
  /** The formula of the paper, number by number. */
  readonly formula: (inputs: Readonly<Record<string, Rows>>) => number;
}

const sum = (values: Numbers): number => values.reduce((total, value) => total + value, 0);
const mean = (values: Numbers): number => sum(values) / values.length;
const dot = (a: Numbers, b: Numbers): number => sum(a.map((value, i) => value * (b[i] ?? 0)));
const logSumExp = (values: Numbers): number => Math.log(sum(values.map(Math.exp)));
const logSoftmax = (row: Numbers): number[] => row.map((value) => value - logSumExp(row));
const softmax = (row: Numbers): number[] => logSoftmax(row).map(Math.exp);
const softplus = (value: number): number => Math.log(1 + Math.exp(value));
const at = (rows: Rows | undefined, i: number, j = 0): number => rows?.[i]?.[j] ?? Number.NaN;
const need = (rows: Rows | undefined): Rows => rows ?? [];
const huberOf = (d: number, delta: number): number =>
  Math.abs(d) <= delta ? d ** 2 / 2 : delta * (Math.abs(d) - delta / 2);
const oneHot = (g: Graph, x: Value): Value =>
  g.cast(g.equal(x, g.reduceMax(x, { axes: [1], keepDims: true })), x.dtype);
const best = (row: Numbers): number => row.indexOf(Math.max(...row));

const cases: readonly LossCase[] = [
  {
    name: "cross-entropy with smoothing and class weights",
    inputs: { z: [4, 3], w: [1, 3], y: [4, 3] },
    trains: ["z"],
    build: (g, { z, w, y }) =>
      crossEntropy(g, z!, g.softmax(y!), { smoothing: 0.1, classWeights: g.reshape(w!, [3]) }),
    formula: ({ z, w, y }) =>
      -sum(
        need(z).map((row, i) => {
          const wanted = softmax(need(y)[i] ?? []).map((p) => 0.9 * p + 0.1 / 3);
          return dot(
            logSoftmax(row).map((value, k) => value * at(w, 0, k)),
            wanted,
          );
        }),
      ),
  },
  {
    name: "binary cross-entropy",
    inputs: { z: [4, 2], y: [4, 2] },
    trains: ["z"],
    build: (g, { z, y }) => binaryCrossEntropy(g, z!, g.sigmoid(y!)),
    formula: ({ z, y }) =>
      mean(
        need(z).flatMap((row, i) =>
          row.map((value, j) => {
            const p = 1 / (1 + Math.exp(-value));
            const wanted = 1 / (1 + Math.exp(-at(y, i, j)));
            return -wanted * Math.log(p) - (1 - wanted) * Math.log(1 - p);
          }),
        ),
      ),
  },
  {
    name: "distillation",
    inputs: { z: [4, 3], t: [4, 3] },
    trains: ["z"],
    build: (g, { z, t }) => distillation(g, z!, t!, { temperature: 3 }),
    formula: ({ z, t }) =>
      9 *
      mean(
        need(z).map((row, i) => {
          const teacher = (need(t)[i] ?? []).map((value) => value / 3);
          const said = logSoftmax(row.map((value) => value / 3));
          return dot(
            softmax(teacher),
            logSoftmax(teacher).map((value, k) => value - (said[k] ?? 0)),
          );
        }),
      ),
  },
  {
    name: "mean squared error",
    inputs: { p: [4, 2], y: [4, 2] },
    trains: ["p", "y"],
    build: (g, { p, y }) => meanSquared(g, p!, y!),
    formula: ({ p, y }) =>
      mean(need(p).flatMap((row, i) => row.map((v, j) => (v - at(y, i, j)) ** 2))),
  },
  {
    name: "Huber",
    inputs: { p: [4, 2], y: [4, 2] },
    trains: ["p", "y"],
    build: (g, { p, y }) => huber(g, p!, y!, 0.7),
    formula: ({ p, y }) =>
      mean(need(p).flatMap((row, i) => row.map((v, j) => huberOf(v - at(y, i, j), 0.7)))),
  },
  {
    name: "Bayesian personalised ranking",
    inputs: { a: [4, 1], b: [4, 1] },
    trains: ["a", "b"],
    build: (g, { a, b }) => bpr(g, a!, b!),
    formula: ({ a, b }) => mean(need(a).map((_, i) => softplus(at(b, i) - at(a, i)))),
  },
  {
    name: "sampled softmax",
    inputs: { p: [4, 1], n: [4, 3], q: [4, 3] },
    trains: ["p", "n"],
    build: (g, { p, n, q }) => sampledSoftmax(g, g.reshape(p!, [4]), n!, { negativeLogQ: q! }),
    formula: ({ p, n, q }) =>
      mean(
        need(p).map((_, i) => {
          const others = (need(n)[i] ?? []).map((value, j) => value - at(q, i, j));
          return logSumExp([at(p, i), ...others]) - at(p, i);
        }),
      ),
  },
  {
    name: "pairwise logistic",
    inputs: { s: [3, 4], r: [3, 4] },
    trains: ["s"],
    build: (g, { s, r }) => pairwiseLogistic(g, s!, r!),
    formula: ({ s, r }) =>
      mean(
        need(s).flatMap((row, n) =>
          row.flatMap((si, i) =>
            row.flatMap((sj, j) => (at(r, n, i) > at(r, n, j) ? [softplus(sj - si)] : [])),
          ),
        ),
      ),
  },
  {
    name: "ListNet",
    inputs: { s: [3, 4], r: [3, 4] },
    trains: ["s"],
    build: (g, { s, r }) => listNet(g, s!, r!),
    formula: ({ s, r }) =>
      -mean(need(s).map((row, i) => dot(softmax(need(r)[i] ?? []), logSoftmax(row)))),
  },
  {
    name: "contrastive, both ways",
    inputs: { a: [4, 3], b: [4, 3] },
    trains: ["a", "b"],
    build: (g, { a, b }) => contrastive(g, a!, b!, { temperature: 0.5, symmetric: true }),
    formula: ({ a, b }) => {
      const score = (i: number, j: number): number => dot(need(a)[i] ?? [], need(b)[j] ?? []) / 0.5;
      const rows = [0, 1, 2, 3];
      const one = mean(rows.map((i) => logSumExp(rows.map((j) => score(i, j))) - score(i, i)));
      const other = mean(rows.map((j) => logSumExp(rows.map((i) => score(i, j))) - score(j, j)));
      return (one + other) / 2;
    },
  },
  {
    name: "direct preference optimisation",
    inputs: { c: [4, 1], r: [4, 1], c0: [4, 1], r0: [4, 1] },
    trains: ["c", "r"],
    build: (g, { c, r, c0, r0 }) =>
      dpo(g, { chosen: c!, rejected: r! }, { chosen: c0!, rejected: r0! }, 0.3),
    formula: ({ c, r, c0, r0 }) =>
      mean(need(c).map((_, i) => softplus(-0.3 * (at(c, i) - at(r, i) - (at(c0, i) - at(r0, i)))))),
  },
  {
    name: "policy gradient",
    inputs: { z: [4, 3], a: [4, 3], r: [4, 1], b: [4, 1] },
    trains: ["z"],
    build: (g, { z, a, r, b }) =>
      policyGradient(
        g,
        {
          logits: z!,
          taken: oneHot(g, a!),
          reward: g.reshape(r!, [4]),
          baseline: g.reshape(b!, [4]),
        },
        { entropyBonus: 0.2 },
      ),
    formula: ({ z, a, r, b }) =>
      mean(
        need(z).map((row, i) => {
          const logs = logSoftmax(row);
          const entropy = -dot(softmax(row), logs);
          const action = best(need(a)[i] ?? []);
          return -(at(r, i) - at(b, i)) * (logs[action] ?? 0) - 0.2 * entropy;
        }),
      ),
  },
  {
    name: "double Q-learning",
    inputs: { q: [4, 3], a: [4, 3], r: [4, 1], go: [4, 1], t: [4, 3], o: [4, 3] },
    trains: ["q"],
    build: (g, { q, a, r, go, t, o }) =>
      qLearning(
        g,
        {
          q: q!,
          taken: oneHot(g, a!),
          reward: g.reshape(r!, [4]),
          goesOn: g.cast(g.greater(g.reshape(go!, [4]), 0), "float32"),
          nextTarget: t!,
          nextOnline: o!,
        },
        0.9,
      ),
    formula: ({ q, a, r, go, t, o }) =>
      mean(
        need(q).map((_, i) => {
          const value = at(t, i, best(need(o)[i] ?? []));
          const wanted = at(r, i) + (at(go, i) > 0 ? 0.9 * value : 0);
          return huberOf(at(q, i, best(need(a)[i] ?? [])) - wanted, 1);
        }),
      ),
  },
];

describe.each(cases)("$name", ({ inputs, trains, build, formula }) => {
  const stream = randomStream(11);
  const names = Object.keys(inputs);
  const values = Object.fromEntries(
    names.map((name, index) => {
      const dims = inputs[name] ?? [];
      return [name, Float32Array.from({ length: sizeOf(dims) }, (_, k) => stream.normal(k, index))];
    }),
  );
  const asRows = (of: Readonly<Record<string, Float32Array>>): Record<string, Rows> =>
    Object.fromEntries(
      names.map((name) => {
        const [count = 1, width = 1] = inputs[name] ?? [];
        const all = Array.from(of[name] ?? []);
        return [
          name,
          Array.from({ length: count }, (_, i) => all.slice(i * width, (i + 1) * width)),
        ];
      }),
    );

  test("is what its formula says, and its slope is what differences of the formula say", () => {
    const g = createGraph();
    const graphInputs = Object.fromEntries(
      names.map((name) => [name, g.input(name, "float32", inputs[name] ?? [])]),
    );
    const loss = build(g, graphInputs);
    const wrt = trains.flatMap((name) => graphInputs[name] ?? []);
    const slopes = gradient(g, loss, wrt);
    const feeds = Object.fromEntries(
      names.map((name) => [name, tensor("float32", inputs[name] ?? [], values[name]!)]),
    );
    const outputs = { loss, ...Object.fromEntries(slopes.map((slope, i) => [`d${i}`, slope])) };
    const answered = evaluate(g, Object.values(graphInputs), feeds, outputs);
    expect(dataOf(answered["loss"], "float32")[0]).toBeCloseTo(formula(asRows(values)), 4);

    for (const [i, name] of trains.entries()) {
      const slope = dataOf(answered[`d${i}`], "float32");
      for (const [k, value] of (values[name] ?? []).entries()) {
        const shifted = (by: number): number => {
          const moved = values[name]!.slice();
          moved[k] = value + by;
          return formula(asRows({ ...values, [name]: moved }));
        };
        const difference = (shifted(1e-3) - shifted(-1e-3)) / 2e-3;
        expect(slope[k]).toBeCloseTo(difference, 2);
      }
    }
  });
});
