import { platform } from "node:process";

import { afterEach, describe, expect, test } from "vitest";

import { encodeModel } from "../encode.ts";
import { SessionError } from "../errors.ts";
import type { GraphDef, Model, NodeDef } from "../model.ts";
import { modelOf, nodeOf } from "../passes/model-for-test.ts";
import { stored } from "../passes/stored.ts";
import { dataOf, tensor } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { isolationHere } from "./isolation.ts";
import { openUntrusted } from "./open.ts";
import type { UntrustedOptions, UntrustedSession } from "./open.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { ModelRefused } from "./refusal.ts";

const opened: UntrustedSession[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((session) => session.close()));
});

async function open(model: Model, options?: UntrustedOptions): Promise<UntrustedSession> {
  const session = await openUntrusted(encodeModel(model), options);
  opened.push(session);
  return session;
}

const vector = (...numbers: number[]): Tensor =>
  tensor("float32", [numbers.length], Float32Array.from(numbers));

const x = { name: "x", dtype: "float32", shape: ["N"] } as const;
const one = (op: string): Model =>
  modelOf({ nodes: [nodeOf(op, ["x"], ["y"])], inputs: { x: ["N"] }, outputs: ["y"] });

/** A loop that goes round until it is stopped. */
function endless(): Model {
  const flag = { name: "", dtype: "bool", shape: [] } as const;
  const body: GraphDef = {
    name: "body",
    nodes: [nodeOf("Identity", ["again"], ["more"]), nodeOf("Sin", ["v"], ["w"])],
    initializers: [],
    inputs: [
      { name: "i", dtype: "int64", shape: [] },
      { ...flag, name: "again" },
      { ...x, name: "v" },
    ],
    outputs: [
      { ...flag, name: "more" },
      { ...x, name: "w" },
    ],
  };
  const loop: NodeDef = nodeOf("Loop", ["", "yes", "x"], ["y"], {
    body: { kind: "graph", value: body },
  });
  const model = modelOf({ nodes: [loop], inputs: { x: ["N"] }, outputs: ["y"] });
  const yes = { name: "yes", dtype: "bool", dims: [], bytes: Uint8Array.of(1) } as const;
  return { ...model, graph: { ...model.graph, initializers: [yes] } };
}

/** Answers as many zeros as its input says. */
const greedy = (): Model => {
  const model = modelOf({
    nodes: [nodeOf("ConstantOfShape", ["sizes"], ["y"])],
    inputs: {},
    outputs: ["y"],
  });
  const sizes = { name: "sizes", dtype: "int64", shape: [1] } as const;
  return { ...model, graph: { ...model.graph, inputs: [sizes] } };
};
const many = (count: number): Record<string, Tensor> => ({
  sizes: tensor("int64", [1], BigInt64Array.of(BigInt(count))),
});

const withLoops = { policy: { ...DEFAULT_POLICY, controlFlow: true } };

// Elsewhere, the kernel doesn't hold a process to its limits.
describe.runIf(platform === "linux")("a model in a sandbox", () => {
  test("runs, call after call, and answers what is wanted", async () => {
    const session = await open(one("Neg"));
    expect([session.inputs, session.outputs]).toEqual([["x"], ["y"]]);
    const runs = [1, 2, 3].map((value) => session.run({ x: vector(value, 0) }));
    const answers = await Promise.all(runs);
    expect(answers.map(({ y }) => dataOf(y, "float32")[0])).toEqual([-1, -2, -3]);
  });

  test("is told of what the runtime refuses, and goes on", async () => {
    const session = await open(one("Neg"));
    await expect(session.run({})).rejects.toThrow(SessionError);
    await expect(session.run({ x: vector(1) }, ["z"])).rejects.toThrow('no output "z"');
    const { y } = await session.run({ x: vector(1) });
    expect(dataOf(y, "float32")).toEqual(Float32Array.of(-1));
  });

  test("that doesn't fit the runtime is an error of its own", async () => {
    await expect(open(one("Concat"))).rejects.toThrow(SessionError);
  });

  test("that isn't allowed is never started", async () => {
    await expect(open(one("ImageDecoder"))).rejects.toThrow(ModelRefused);
    await expect(open(endless())).rejects.toMatchObject({ reason: "control-flow" });
  });

  test("is killed when it takes too long, with every call that waits", async () => {
    const session = await open(endless(), { ...withLoops, runMs: 400 });
    const calls = [session.run({ x: vector(1) }), session.run({ x: vector(2) })];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ reason: { code: "ONNX_SANDBOX_ENDED", end: "wall" } });
    }
    expect((await session.ended).end).toBe("wall");
    await expect(session.run({ x: vector(1) })).rejects.toMatchObject({ end: "wall" });
  });

  test("is killed when its CPU time is used up", async () => {
    const session = await open(endless(), { ...withLoops, cpuSeconds: 1, runMs: 15_000 });
    await expect(session.run({ x: vector(1) })).rejects.toMatchObject({ end: "cpu" });
  });

  test("isn't given more memory than it may have", async () => {
    const session = await open(greedy(), { memoryBytes: 2 ** 30 });
    await expect(session.run(many(2 ** 29))).rejects.toThrow(/memory|alloc/i);
    const { y } = await session.run(many(3));
    expect(dataOf(y, "float32")).toHaveLength(3);
  });

  test("doesn't answer more than it may", async () => {
    const session = await open(greedy(), { outputBytes: 4_000 });
    await session.run(many(1_000));
    await expect(session.run(many(1_001))).rejects.toThrow("4004 bytes, 4000 are allowed");
  });

  test("that crashes the runtime crashes nothing else", async () => {
    // The runtime aborts where a GRU is given a sequence of no steps.
    const weights = ["w", "r"].map((name) =>
      stored(name, tensor("float32", [1, 3, 1], new Float32Array(3))),
    );
    const gru = modelOf({
      nodes: [nodeOf("GRU", ["x", "w", "r"], ["y"], { hidden_size: 1 })],
      inputs: { x: ["steps", 1, 1] },
      outputs: ["y"],
      initializers: weights,
    });
    const session = await open(gru);
    const nothing = tensor("float32", [0, 1, 1], new Float32Array());
    await expect(session.run({ x: nothing })).rejects.toMatchObject({ end: "crash" });
  });

  test("is refused where this machine doesn't keep it apart as required", async () => {
    const { network } = await isolationHere();
    const opening = open(one("Neg"), { required: ["network"] }).then(
      () => "opened",
      (error: unknown) => (error instanceof ModelRefused ? error.reason : error),
    );
    expect(await opening).toBe(network.holds ? "opened" : "isolation");
  });

  test("has limits that make sense", async () => {
    await expect(open(one("Neg"), { memoryBytes: 2 ** 20 })).rejects.toThrow(RangeError);
    await expect(open(one("Neg"), { runMs: Number.NaN })).rejects.toThrow(RangeError);
  });
});
