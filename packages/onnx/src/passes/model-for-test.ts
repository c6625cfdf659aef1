import { encodeModel } from "../encode.ts";
import type { Attribute, Dim, Model, ModelTensor, NodeDef } from "../model.ts";
import { openSession } from "../session.ts";
import { sizeOf, tensor } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { stored } from "./stored.ts";

type Numbers = number | readonly number[];

/** Attributes as a test writes them: whole numbers are ints; write 0.5 or `floats` for others. */
export type Written = Readonly<Record<string, Attribute | Numbers | string>>;

export interface Sketch {
  readonly nodes: readonly NodeDef[];
  readonly inputs: Readonly<Record<string, readonly Dim[]>>;
  readonly outputs: readonly string[];
  readonly initializers?: readonly ModelTensor[];
  readonly version?: number;
  readonly irVersion?: number;
}

const attributeOf = (value: Written[string]): Attribute => {
  if (typeof value === "number") {
    return Number.isInteger(value) ? { kind: "int", value } : { kind: "float", value };
  }
  if (typeof value === "string") return { kind: "string", value };
  return "kind" in value ? value : { kind: "ints", value };
};

export function nodeOf(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Written = {},
): NodeDef {
  const entries = Object.entries(attributes).map(([name, value]) => [name, attributeOf(value)]);
  return {
    op,
    domain: "",
    name: "",
    inputs,
    outputs,
    attributes: Object.fromEntries(entries) as NodeDef["attributes"],
  };
}

/** A model of float32 inputs. */
export const modelOf = (sketch: Sketch): Model => ({
  irVersion: sketch.irVersion ?? 8,
  producer: "test",
  operatorSets: [{ domain: "", version: sketch.version ?? 21 }],
  graph: {
    name: "g",
    nodes: sketch.nodes,
    initializers: sketch.initializers ?? [],
    inputs: Object.entries(sketch.inputs).map(([name, shape]) => ({
      name,
      dtype: "float32",
      shape,
    })),
    outputs: sketch.outputs.map((name) => ({ name, dtype: null, shape: null })),
  },
});

/** Numbers that look random and are the same each time, roughly normal. */
function numbers(length: number, seed = 1): Float32Array<ArrayBuffer> {
  let state = seed * 2_654_435_761;
  const uniform = (): number => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length }, () => (uniform() + uniform() + uniform() - 1.5) * 2);
}

export const floats = (dims: readonly number[], seed = 1): Tensor<"float32"> =>
  tensor("float32", dims, numbers(sizeOf(dims), seed));

/** An initialiser of float32. */
export const weight = (name: string, dims: readonly number[], seed = 1): ModelTensor =>
  stored(name, floats(dims, seed));

export type Feeds = Readonly<Record<string, Tensor>>;

export function runOnce(
  model: Model,
  feeds: Feeds,
  optimise: "none" | "all" = "all",
): Record<string, Tensor> {
  const session = openSession(encodeModel(model), { optimise });
  try {
    return session.run(feeds);
  } finally {
    session.close();
  }
}

const asNumbers = ({ data }: Tensor): number[] => Array.from<number | bigint, number>(data, Number);

/** The greatest difference between two tensors. @throws TypeError where shapes or types differ */
export function distance(a: Tensor | undefined, b: Tensor | undefined): number {
  const [left, right] = [described(a), described(b)];
  if (left !== right) throw new TypeError(`${left} against ${right}`);
  if (a === undefined || b === undefined) throw new TypeError("There is no such output");
  const others = asNumbers(b);
  return asNumbers(a).reduce((most, value, i) => {
    const other = others[i] ?? Number.NaN;
    // Infinities are equal and have no difference.
    if (value === other) return most;
    const apart = Math.abs(value - other);
    return Number.isNaN(apart) ? Infinity : Math.max(most, apart);
  }, 0);
}

const described = (value: Tensor | undefined): string =>
  value === undefined ? "no output" : `${value.dtype} [${value.dims.join(", ")}]`;

/**
 * The greatest difference between the answers of two models to the same inputs.
 * @throws TypeError where names, types or shapes of the answers differ
 */
export function apart(before: Model, after: Model, feeds: Feeds): number {
  const expected = runOnce(before, feeds);
  const got = runOnce(after, feeds);
  const names = Object.keys(expected);
  if (names.join() !== Object.keys(got).join()) {
    throw new TypeError(`${names.join()} against ${Object.keys(got).join()}`);
  }
  return Math.max(...names.map((name) => distance(expected[name], got[name])));
}
