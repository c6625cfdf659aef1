import { inferenceModel, normal, randomStream, zeros } from "@groundswell/autograd";
import type { Graph, InferenceOptions, Value } from "@groundswell/autograd";
import {
  dataOf,
  decodeModel,
  encodeModel,
  inputsAsWeights,
  openSession,
  quantizeDynamic,
  quantizeStatic,
  sizeOf,
  tensor,
  toFloat16,
} from "@groundswell/onnx";
import type { Model, Session, Tensor } from "@groundswell/onnx";

import { median } from "../quantiles.ts";

// Bytes, milliseconds a run and error of compressed models beside the model as it was, one
// thread; the variants take turns. Random weights: the error is that of the arithmetic.

const ROUNDS = 31;

type Weights = Readonly<Record<string, Value>>;

interface Net {
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly x: readonly [rows: number, ...rest: number[]];
  readonly build: (g: Graph, p: Weights, x: Value) => Value;
}

const dense = (g: Graph, p: Weights, x: Value, name: string): Value =>
  g.gemm(x, p[`${name}.w`]!, p[`${name}.b`]!);

const NETS: Readonly<Record<string, Net>> = {
  "784-256-10, 128 rows": {
    shapes: { "a.w": [784, 256], "a.b": [256], "b.w": [256, 10], "b.b": [10] },
    x: [128, 784],
    build: (g, p, x) => dense(g, p, g.relu(dense(g, p, x, "a")), "b"),
  },
  "384-1536-384, 1 row": {
    shapes: { "a.w": [384, 1536], "a.b": [1536], "b.w": [1536, 384], "b.b": [384] },
    x: [1, 384],
    build: (g, p, x) => dense(g, p, g.relu(dense(g, p, x, "a")), "b"),
  },
  "384-1536-384, 128 rows": {
    shapes: { "a.w": [384, 1536], "a.b": [1536], "b.w": [1536, 384], "b.b": [384] },
    x: [128, 384],
    build: (g, p, x) => dense(g, p, g.relu(dense(g, p, x, "a")), "b"),
  },
  "3 convolutions, 32x32, 8 pictures": {
    shapes: {
      "a.w": [32, 3, 3, 3],
      "a.b": [32],
      "b.w": [64, 32, 3, 3],
      "b.b": [64],
      "c.w": [64, 64, 3, 3],
      "c.b": [64],
      "d.w": [64 * 64, 10],
      "d.b": [10],
    },
    x: [8, 3, 32, 32],
    build: (g, p, x) => {
      const conv = (from: Value, name: string): Value =>
        g.relu(g.conv(from, p[`${name}.w`]!, p[`${name}.b`]!, { pads: [1, 1, 1, 1] }));
      const small = g.maxPool(conv(g.maxPool(conv(x, "a"), [2, 2]), "b"), [2, 2]);
      return dense(g, p, g.reshape(conv(small, "c"), ["N", 64 * 64]), "d");
    },
  },
};

function modelOf({ shapes, x, build }: Net): Model {
  const parameters: InferenceOptions["parameters"] = Object.entries(shapes).map(
    ([name, shape]) => ({ name, shape }),
  );
  const open = inferenceModel({
    parameters,
    inputs: [{ name: "x", dtype: "float32", shape: ["N", ...x.slice(1)] }],
    build: (g, p, inputs) => ({ y: build(g, p, inputs["x"]!) }),
  });
  const weights = Object.entries(shapes).map(([name, shape], index) => {
    const fanIn = shape.length === 2 ? shape[0]! : sizeOf(shape.slice(1));
    const initial = shape.length === 1 ? zeros : normal(Math.sqrt(2 / fanIn));
    const data = initial(shape, randomStream(1), index) as Float32Array<ArrayBuffer>;
    return [name, tensor("float32", shape, data)] as const;
  });
  return inputsAsWeights(decodeModel(open), Object.fromEntries(weights));
}

function batch({ x }: Net, seed: number): { x: Tensor<"float32"> } {
  const stream = randomStream(seed);
  return {
    x: tensor(
      "float32",
      x,
      Float32Array.from({ length: sizeOf(x) }, (_, k) => stream.normal(k)),
    ),
  };
}

function compare(name: string, net: Net): void {
  const model = modelOf(net);
  const calibration = [batch(net, 2), batch(net, 3)];
  const variants: Record<string, Model> = {
    float32: model,
    dynamic: quantizeDynamic(model, { convolutions: true }),
    static: quantizeStatic(model, calibration),
    float16: toFloat16(model),
  };
  const feeds = batch(net, 4);
  const sessions = Object.entries(variants).map(([variant, each]) => {
    const bytes = encodeModel(each);
    return { variant, size: bytes.length, session: openSession(bytes), ms: [] as number[] };
  });
  const answer = (session: Session): Float32Array => dataOf(session.run(feeds)["y"], "float32");
  for (let round = 0; round < ROUNDS; round++) {
    for (const { session, ms } of sessions) {
      const before = performance.now();
      session.run(feeds);
      ms.push(performance.now() - before);
    }
  }
  const exact = answer(sessions[0]!.session);
  const largest = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  console.log(`\n${name}`);
  for (const { variant, size, session, ms } of sessions) {
    const off = answer(session).reduce((most, y, i) => Math.max(most, Math.abs(y - exact[i]!)), 0);
    const kibibytes = `${(size / 1024).toFixed(0)} KiB`.padStart(10);
    const milliseconds = `${median(ms).toFixed(3)} ms`.padStart(12);
    const error = `${((100 * off) / largest).toFixed(2)} %`.padStart(9);
    console.log(`  ${variant.padEnd(8)}${kibibytes}${milliseconds}${error} off`);
    session.close();
  }
}

for (const [name, net] of Object.entries(NETS)) compare(name, net);
