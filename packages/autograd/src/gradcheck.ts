import {
  boundSize,
  elementsFrom,
  encodeModel,
  isFloat,
  openSession,
  sizeOf,
  tensor,
} from "@groundswell/onnx";
import type { DType, Tensor } from "@groundswell/onnx";

import { graphDefOf, modelOf } from "./emission.ts";
import { gradient } from "./gradient.ts";
import type { Calculus } from "./gradient.ts";
import { createGraph } from "./graph.ts";
import type { Graph } from "./graph.ts";
import type { Case, CaseInput, Op } from "./op.ts";
import { opOf } from "./ops/index.ts";
import { randomStream } from "./random.ts";
import type { Shape, Value } from "./value.ts";

/** What the symbols of the test cases stand for. */
const SIZES: Readonly<Record<string, number>> = { N: 3, M: 2, V: 4 };

type Feeds = Record<string, Tensor>;

/** One case of an operator, built and fed. */
export interface BuiltCase {
  readonly g: Graph;
  /** Inputs of the node, null where it leaves one out; then what its subgraphs capture. */
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  /** Inputs of the graph, which lack the constants among the node's. */
  readonly fed: readonly Value[];
  readonly feeds: Feeds;
}

/** Emits `op` on inputs of the case, drawn from a seed; floats have the type `float`. */
export function buildCase(op: Op, testCase: Case, float: DType): BuiltCase {
  const { inputs, captured = [], attributes = {}, subgraphs } = testCase;
  const g = createGraph();
  const fed: Value[] = [];
  const feeds: Feeds = {};
  const all = [...inputs, ...captured].map((input, index) => {
    if (input === null) return null;
    if ("int" in input) return g.constant(input.int, "int64");
    if ("ints" in input) return g.constant(input.ints, "int64");
    if ("floats" in input) return g.constant(input.floats, float, input.shape);
    const { value, feed } = drawInput(g, input, { float, index });
    fed.push(value);
    feeds[value.name] = feed;
    return "sizesOf" in input ? g.shapeOf(value) : value;
  });
  const values = all.slice(0, inputs.length);
  const around = all.slice(inputs.length).filter((value) => value !== null);
  const bodies = subgraphs?.(g, around) ?? {};
  const outputs = g.emitAll(op, values, attributes, { subgraphs: bodies });
  return { g, inputs: all, outputs, fed, feeds };
}

/** An input that is fed. */
type DrawnInput = Exclude<
  CaseInput,
  { int: unknown } | { ints: unknown } | { floats: unknown } | null
>;

/** Adds the `index`-th input of a case to a graph, and draws what it is fed. */
function drawInput(
  g: Graph,
  input: DrawnInput,
  { float, index }: { readonly float: DType; readonly index: number },
): { readonly value: Value; readonly feed: Tensor } {
  const { shape, dtype, draw } = describe(input, float);
  const value = g.input(`x${index}`, dtype, shape);
  return { value, feed: drawn(dtype, bind(shape), (k) => draw(k, index)) };
}

interface Described {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly draw: (k: number, index: number) => number;
}

function describe(input: DrawnInput, float: DType): Described {
  const stream = randomStream(17);
  if (!("shape" in input)) {
    const shape = "sizesOf" in input ? input.sizesOf : input;
    return { shape, dtype: float, draw: (k, index) => stream.normal(k, index) };
  }
  const { shape } = input;
  if ("between" in input) {
    const [from, to] = input.between;
    return {
      shape,
      dtype: float,
      draw: (k, index) => from + (to - from) * stream.uniform(k, index),
    };
  }
  const below = "below" in input ? input.below : 2;
  return { shape, dtype: input.dtype, draw: (k, index) => stream.below(below, k, index) };
}

/** `shape` with the symbols' sizes put in. */
export const bind = (shape: Shape): number[] =>
  shape.map((dim) => boundSize(dim, (symbol) => SIZES[symbol] ?? Number.NaN));

/** Runs a graph once. */
export function evaluate(
  g: Graph,
  inputs: readonly Value[],
  feeds: Feeds,
  outputs: Readonly<Record<string, Value>>,
): Record<string, Tensor> {
  const session = openSession(encodeModel(modelOf(graphDefOf(g, { name: "g", inputs, outputs }))));
  try {
    return session.run(feeds);
  } finally {
    session.close();
  }
}

/** Slopes along one direction, by central differences and by the gradient rule. */
export interface Slopes {
  readonly input: number;
  readonly numerical: number;
  readonly analytic: number;
  /** By the rule when it is asked for this input alone. */
  readonly alone: number;
}

/**
 * For each float input x of the node and random dy and u: ⟨dy, J·u⟩ by central differences
 * beside ⟨Jᵀ·dy, u⟩ by the rule. Empty where the operator has no float output.
 */
export const compareSlopes = (op: Op, testCase: Case, float: DType): Slopes[] =>
  compareSlopesOf(buildCase(op, testCase, float), float);

/** `compareSlopes` of whatever has been built. */
export function compareSlopesOf(
  built: BuiltCase,
  float: DType,
  calculus: Calculus = opOf,
): Slopes[] {
  const { g, fed, feeds } = built;
  const loss = weighOutputs(built, float);
  const wrt = built.inputs
    .filter((input) => input !== null)
    .filter((input) => fed.includes(input) && isFloat(input.dtype));
  if (loss === null || wrt.length === 0) return [];

  const together = gradient(g, loss.value, wrt, calculus);
  const alone = wrt.map((input) => gradient(g, loss.value, [input], calculus)[0] ?? input);
  const outputs = Object.fromEntries([
    ["loss", loss.value],
    ...together.map((slope, i) => [`together${i}`, slope] as const),
    ...alone.map((slope, i) => [`alone${i}`, slope] as const),
  ]);
  const inputs = [...fed, ...loss.weights];
  const at = (changed: Feeds): Record<string, Tensor> =>
    evaluate(g, inputs, { ...feeds, ...loss.feeds, ...changed }, outputs);

  const here = at({});
  return wrt.map((input, i) => {
    const along = directionOf(feeds[input.name], i);
    const step = float === "float64" ? 1e-5 : 1e-2;
    const ahead = at({ [input.name]: moved(feeds[input.name], along, step) });
    const behind = at({ [input.name]: moved(feeds[input.name], along, -step) });
    return {
      input: built.inputs.indexOf(input),
      numerical: (scalarOf(ahead["loss"]) - scalarOf(behind["loss"])) / (2 * step),
      analytic: dot(here[`together${i}`], along),
      alone: dot(here[`alone${i}`], along),
    };
  });
}

/** Σ over float outputs of ⟨dy, y⟩ with random dy: a scalar that every output element matters to. */
function weighOutputs(
  { g, outputs }: BuiltCase,
  float: DType,
): { value: Value; weights: Value[]; feeds: Feeds } | null {
  const weights: Value[] = [];
  const feeds: Feeds = {};
  const stream = randomStream(5);
  let total: Value | null = null;
  for (const [index, output] of outputs.entries()) {
    if (output.dtype !== float) continue;
    const weight = g.input(`dy${index}`, float, output.shape);
    weights.push(weight);
    feeds[weight.name] = drawn(float, bind(output.shape), (k) => stream.normal(k, index));
    const part = g.reduceSum(g.mul(output, weight));
    total = total === null ? part : g.add(total, part);
  }
  return total === null ? null : { value: total, weights, feeds };
}

function drawn(dtype: DType, dims: readonly number[], draw: (k: number) => number): Tensor {
  const numbers = Array.from({ length: sizeOf(dims) }, (_, k) => draw(k));
  return tensor(dtype, dims, elementsFrom(dtype, numbers));
}

const elementsOf = (value: Tensor | undefined): number[] =>
  Array.from<number | bigint, number>(value?.data ?? [], Number);

const scalarOf = (value: Tensor | undefined): number => elementsOf(value)[0] ?? Number.NaN;

function directionOf(value: Tensor | undefined, index: number): number[] {
  const stream = randomStream(29);
  return elementsOf(value).map((_, k) => stream.normal(k, index));
}

function moved(value: Tensor | undefined, along: readonly number[], step: number): Tensor {
  if (value === undefined) throw new RangeError("Nothing to move");
  const numbers = elementsOf(value).map((element, k) => element + step * (along[k] ?? 0));
  return tensor(value.dtype, value.dims, elementsFrom(value.dtype, numbers));
}

function dot(value: Tensor | undefined, along: readonly number[]): number {
  return elementsOf(value).reduce((sum, element, k) => sum + element * (along[k] ?? 0), 0);
}
