import { platform } from "node:process";

import { afterAll, describe, expect, test } from "vitest";

import type { DType, TypedArray } from "./dtype.ts";
import { DTYPES, elementsFrom } from "./dtype.ts";
import { encodeModel } from "./encode.ts";
import { SessionError } from "./errors.ts";
import type { Model, NodeDef } from "./model.ts";
import type { ProviderFallback } from "./providers.ts";
import { selfTest } from "./self-test.ts";
import { openSession } from "./session.ts";
import { dataOf, tensor, zeros } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

function modelOf(
  nodes: readonly Pick<NodeDef, "op" | "inputs" | "outputs">[],
  dtype: DType,
): Model {
  return {
    irVersion: 9,
    producer: "test",
    operatorSets: [{ domain: "", version: 20 }],
    graph: {
      name: "g",
      nodes: nodes.map((node) => ({ domain: "", name: "", attributes: {}, ...node })),
      initializers: [],
      inputs: ["a", "b"].map((name) => ({ name, dtype, shape: ["N"] })),
      outputs: ["sum", "copy"].map((name) => ({ name, dtype, shape: ["N"] })),
    },
  };
}

const nodes = [
  { op: "Add", inputs: ["a", "b"], outputs: ["sum"] },
  { op: "Identity", inputs: ["a"], outputs: ["copy"] },
];
const session = openSession(encodeModel(modelOf(nodes, "float32")));
afterAll(() => session.close());

const vector = (...numbers: number[]): Tensor<"float32"> =>
  tensor("float32", [numbers.length], Float32Array.from(numbers));

test("the self-test passes here", () => {
  expect(() => selfTest()).not.toThrow();
});

test("a run answers what was asked for, fresh or into given arrays", () => {
  expect(session.inputs).toEqual(["a", "b"]);
  expect(session.outputs).toEqual(["sum", "copy"]);
  const feeds = { a: vector(1, 2), b: vector(10, 20) };
  expect(Object.keys(session.run(feeds))).toEqual(["sum", "copy"]);

  const sum = zeros("float32", [2]);
  const answered = session.run(feeds, { sum });
  expect(answered).toEqual({ sum });
  expect(answered["sum"]).toBe(sum);
  expect([...sum.data]).toEqual([11, 22]);
});

test("a symbolic size may differ from run to run", () => {
  for (const numbers of [[1], [1, 2, 3], []]) {
    const a = vector(...numbers);
    expect([...dataOf(session.run({ a, b: a })["copy"], "float32")]).toEqual(numbers);
  }
});

test.each(DTYPES)("%s goes in and comes out", (dtype) => {
  const copies = [{ op: "Identity", inputs: ["a"], outputs: ["copy"] }];
  const model = modelOf([...copies, { op: "Identity", inputs: ["b"], outputs: ["sum"] }], dtype);
  const opened = openSession(encodeModel(model));
  const a = tensor<DType>(dtype, [2], elementsFrom(dtype, [1, 0]));
  const into = zeros<DType>(dtype, [2]);
  const answered = opened.run({ a, b: a }, { copy: null, sum: into });
  opened.close();
  expect(answered["copy"]).toEqual(a);
  expect(into).toEqual(a);
});

describe("refused before the runtime can go wrong in silence", () => {
  const memory = new Float32Array(8);
  const part = (from: number): Tensor<"float32"> =>
    tensor("float32", [2], memory.subarray(from, from + 2));
  const shared: TypedArray = new Float32Array(new SharedArrayBuffer(8));

  test("outputs that share memory with inputs or with each other", () => {
    const b = vector(1, 2);
    expect(() => session.run({ a: part(0), b }, { sum: part(1) })).toThrow(/share memory/);
    expect(() => session.run({ a: b, b }, { sum: part(4), copy: part(5) })).toThrow(/share memory/);
    // The same buffer in different places is fine.
    session.run({ a: part(0), b }, { sum: part(2), copy: part(4) });
  });

  test("shared memory", () => {
    const a = tensor<DType>("float32", [2], shared);
    expect(() => session.run({ a, b: vector(1, 2) })).toThrow("lies in shared memory");
    const feeds = { a: vector(1, 2), b: vector(1, 2) };
    expect(() => session.run(feeds, { sum: a })).toThrow("lies in shared memory");
  });

  test("names that are missing or unknown", () => {
    const a = vector(1);
    expect(() => session.run({ a })).toThrow('Input "b" is missing');
    expect(() => session.run({ a, b: a, c: a })).toThrow('no input "c"');
    expect(() => session.run({ a, b: a }, { product: null })).toThrow('no output "product"');
    expect(() => session.run({ a, b: a }, {})).toThrow("No output");
  });
});

test("what the runtime refuses comes as a SessionError with its words", () => {
  const doubles = tensor("float64", [1], Float64Array.of(1));
  expect(() => session.run({ a: doubles, b: doubles })).toThrow(SessionError);
  expect(() => session.run({ a: vector(1), b: vector(1, 2, 3) }, { sum: vector(0) })).toThrow(
    SessionError,
  );
  expect(() => openSession(Uint8Array.of(1, 2, 3))).toThrow(/can't be loaded/);
  const unknown = [{ op: "NoSuchOperator", inputs: ["a"], outputs: ["sum"] }, ...nodes.slice(1)];
  expect(() => openSession(encodeModel(modelOf(unknown, "float32")))).toThrow(/NoSuchOperator/);
});

test("a closed session says so, and closing twice is once", () => {
  const opened = openSession(encodeModel(modelOf(nodes, "float32")));
  opened.close();
  opened.close();
  expect(() => opened.run({ a: vector(1), b: vector(1) })).toThrow("The session is closed");
});

describe("a provider that this machine doesn't have", () => {
  const missing = platform === "darwin" ? "dml" : "coreml";
  const model = encodeModel(modelOf(nodes, "float32"));

  test("is passed over, and somebody is told", () => {
    const fallbacks: ProviderFallback[] = [];
    const opened = openSession(model, {
      providers: [missing, "cpu"],
      onFallback: (fallback) => fallbacks.push(fallback),
    });
    expect(opened.provider).toBe("cpu");
    expect(fallbacks).toEqual([{ provider: missing, reason: expect.stringContaining(missing) }]);
    expect([...dataOf(opened.run({ a: vector(1), b: vector(2) })["sum"], "float32")]).toEqual([3]);
    opened.close();
    expect(session.provider).toBe("cpu");
  });

  test("is an error where it is the last", () => {
    const none = { providers: [missing], onFallback: () => expect.unreachable() } as const;
    expect(() => openSession(model, none)).toThrow(SessionError);
    expect(() => openSession(model, { providers: [] })).toThrow("The list of providers is empty");
  });
});
