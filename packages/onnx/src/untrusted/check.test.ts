import { describe, expect, test } from "vitest";

import { encodeModel } from "../encode.ts";
import type { Attribute, GraphDef, Model, ModelTensor, NodeDef } from "../model.ts";
import { modelOf, nodeOf } from "../passes/model-for-test.ts";
import { createProtobufWriter } from "../protobuf-writer.ts";
import { checkUntrusted } from "./check.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused } from "./refusal.ts";
import type { RefusalReason } from "./refusal.ts";

const weights: ModelTensor = {
  name: "w",
  dtype: "float32",
  dims: [2, 2],
  bytes: new Uint8Array(16),
};

const dense = modelOf({
  nodes: [nodeOf("MatMul", ["x", "w"], ["h"]), nodeOf("Relu", ["h"], ["y"])],
  inputs: { x: ["N", 2] },
  outputs: ["y"],
  initializers: [weights],
});

function refusalOf(bytes: Uint8Array, policy: UntrustedPolicy = DEFAULT_POLICY): ModelRefused {
  try {
    checkUntrusted(bytes, policy);
  } catch (error) {
    if (error instanceof ModelRefused) return error;
    throw error;
  }
  return expect.unreachable("The model was taken");
}

const withGraph = (change: Partial<GraphDef>): Model => ({
  ...dense,
  graph: { ...dense.graph, ...change },
});
const withNodes = (...nodes: readonly NodeDef[]): Model => withGraph({ nodes });
const withNode = (op: string, inputs: string[], outputs: string[], rest?: Partial<NodeDef>) =>
  withNodes({ ...nodeOf(op, inputs, outputs), ...rest });
const withAttribute = (attribute: Attribute): Model =>
  withNode("Relu", ["x"], ["y"], { attributes: { a: attribute } });
const withInput = (change: Partial<GraphDef["inputs"][number]>): Model =>
  withGraph({ inputs: [{ name: "x", dtype: "float32", shape: ["N", 2], ...change }] });

test("a plain model passes, and what is to be run is written anew", () => {
  const { model, bytes } = checkUntrusted(encodeModel({ ...dense, producer: "a stranger" }));
  expect(model).toEqual({ ...dense, producer: "" });
  expect(checkUntrusted(bytes).bytes).toEqual(bytes);
});

test("a refusal has a code, a reason and the node", () => {
  const refusal = refusalOf(encodeModel(withNode("Shell", ["x"], ["y"], { name: "run\nme" })));
  expect(refusal).toMatchObject({
    code: "ONNX_REFUSED",
    reason: "operator",
    node: 'node 0 (Shell "run\\nme")',
  });
  expect(refusal.message).toBe('node 0 (Shell "run\\nme"): "Shell" is not allowed');
});

const relu = nodeOf("Relu", ["x"], ["y"]);
const loop = nodeOf("Loop", ["", "", "x"], ["y"], { body: { kind: "graph", value: dense.graph } });

const structural: readonly [what: string, reason: RefusalReason, model: Model][] = [
  ["an operator of another domain", "domain", withNode("Relu", ["x"], ["y"], { domain: "evil" })],
  ["an operator that isn't listed", "operator", withNode("ImageDecoder", ["x"], ["y"])],
  ["a loop", "control-flow", withNodes(loop)],
  ["a graph where none belongs", "control-flow", withNodes({ ...loop, op: "Relu", inputs: ["x"] })],
  ["an unknown value", "unknown-value", withNode("Relu", ["nobody's"], ["y"])],
  ["a cycle", "unknown-value", withNode("Add", ["x", "y"], ["y"])],
  [
    "nodes out of order",
    "unknown-value",
    withNodes(nodeOf("Relu", ["h"], ["y"]), nodeOf("Relu", ["x"], ["h"])),
  ],
  ["a value made twice", "duplicate-value", withNodes(relu, relu)],
  ["an input written over", "duplicate-value", withNode("Relu", ["x"], ["x"])],
  ["two tensors of one name", "duplicate-value", withGraph({ initializers: [weights, weights] })],
  [
    "an output named twice",
    "duplicate-value",
    withGraph({ outputs: [...dense.graph.outputs, ...dense.graph.outputs] }),
  ],
  [
    "an output that nothing makes",
    "unknown-value",
    withGraph({ outputs: [{ name: "z", dtype: null, shape: null }] }),
  ],
  ["an output without a name", "output-left-out", withNode("Relu", ["x"], [""])],
  ["a part of a split without a name", "output-left-out", withNode("Split", ["x"], ["y", ""])],
  ["an input left out", "input", withNode("Max", ["", "x"], ["y"])],
  ["scales that are computed", "input", withNode("Resize", ["x", "", "x"], ["y"])],
  [
    "a flag that is neither",
    "attribute",
    withNode("Relu", ["x"], ["y"], { attributes: { training_mode: { kind: "int", value: -2 } } }),
  ],
  [
    "a split into fewer parts than it names",
    "attribute",
    withNodes(nodeOf("Split", ["x"], ["y", "z"], { num_outputs: 1 })),
  ],
  [
    "an axis out of reach",
    "attribute",
    withNode("Relu", ["x"], ["y"], {
      attributes: { axis: { kind: "int", value: 9_223_372_036_854_775_807n } },
    }),
  ],
  ["a node without outputs", "output-left-out", withNodes(relu, nodeOf("Relu", ["x"], []))],
  ["a model without outputs", "arity", withGraph({ outputs: [] })],
  ["a value called __proto__", "name", withNodes(relu, nodeOf("Relu", ["x"], ["__proto__"]))],
  ["a long name", "name", withNodes(relu, nodeOf("Relu", ["x"], ["n".repeat(2_000)]))],
  ["a large declared shape", "shape", withInput({ shape: ["N", 2 ** 20, 2 ** 20] })],
  ["one that an empty size hides", "shape", withInput({ shape: [0, 2 ** 40] })],
  ["a high rank", "shape", withInput({ shape: Array.from({ length: 9 }, () => 1) })],
  ["an input without a shape", "shape", withInput({ shape: null })],
  ["an input without a type", "element-type", withInput({ dtype: null })],
  ["an input of strings", "element-type", withInput({ dtype: "string" })],
  [
    "a tensor of strings",
    "element-type",
    withGraph({
      initializers: [weights, { name: "s", dtype: "string", dims: [1], strings: ["a"] }],
    }),
  ],
  [
    "a cast to strings",
    "element-type",
    withNode("Cast", ["x"], ["y"], { attributes: { to: { kind: "int", value: 8 } } }),
  ],
  [
    "a long attribute",
    "attribute",
    withAttribute({ kind: "ints", value: Array.from({ length: 70_000 }, () => 1) }),
  ],
  ["a long text", "attribute", withAttribute({ kind: "string", value: "x".repeat(2_000) })],
  [
    "an operator set too old",
    "operator-set",
    { ...dense, operatorSets: [{ domain: "", version: 6 }] },
  ],
  [
    "an operator set too new",
    "operator-set",
    { ...dense, operatorSets: [{ domain: "ai.onnx", version: 27 }] },
  ],
  [
    "two standard operator sets",
    "operator-set",
    { ...dense, operatorSets: [...dense.operatorSets, { domain: "ai.onnx", version: 20 }] },
  ],
  [
    "no standard operator set",
    "operator-set",
    { ...dense, operatorSets: [{ domain: "other", version: 1 }] },
  ],
];

test.each(structural)("refuses %s (%s)", (_, reason, model) => {
  expect(refusalOf(encodeModel(model)).reason).toBe(reason);
});

test("inputs without names are left away at the end, before it they stay", () => {
  const clip = nodeOf("Clip", ["x", "", "w"], ["h"]);
  const drop = nodeOf("Dropout", ["h", "", ""], ["y", ""]);
  const { model } = checkUntrusted(encodeModel(withNodes(clip, drop)));
  expect(model.graph.nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
    [["x", "", "w"], ["h"]],
    [["h"], ["y", ""]],
  ]);
});

test("an output that an operator may leave out may be left out", () => {
  const node = nodeOf("LSTM", ["x", "w", "w"], ["", "y"], { hidden_size: 2 });
  expect(() => checkUntrusted(encodeModel(withNodes(node)))).not.toThrow();
});

const bounds: readonly [bound: keyof UntrustedPolicy, value: number, reason: RefusalReason][] = [
  ["fileBytes", 20, "file-size"],
  ["structureBytes", 20, "file-size"],
  ["parts", 5, "parts"],
  ["nodes", 1, "nodes"],
  ["initializers", 0, "initializers"],
  ["tensorBytes", 15, "tensor-bytes"],
  ["elements", 3, "shape"],
  ["rank", 1, "shape"],
  ["arity", 1, "arity"],
];

test.each(bounds)("%s bounds", (bound, value, reason) => {
  const bytes = encodeModel(dense);
  expect(refusalOf(bytes, { ...DEFAULT_POLICY, [bound]: value }).reason).toBe(reason);
});

describe("with control flow allowed", () => {
  const policy = { ...DEFAULT_POLICY, controlFlow: true };
  const identity = (name: string, from: string): NodeDef => nodeOf("Identity", [from], [name]);
  const branch = (output: string, nodes: readonly NodeDef[]): Attribute => ({
    kind: "graph",
    value: {
      name: output,
      nodes,
      initializers: [],
      inputs: [],
      outputs: [{ name: output, dtype: null, shape: null }],
    },
  });
  const choice = (then: Attribute, otherwise: Attribute): NodeDef =>
    nodeOf("If", ["c"], ["y"], { then_branch: then, else_branch: otherwise });
  const modelWith = (node: NodeDef): Uint8Array =>
    encodeModel(
      withGraph({
        nodes: [node],
        inputs: [...dense.graph.inputs, { name: "c", dtype: "bool", shape: [] }],
      }),
    );

  test("a branch reads what is around it, and branches may use the same names", () => {
    const one = branch("z", [identity("z", "x")]);
    expect(() => checkUntrusted(modelWith(choice(one, one)), policy)).not.toThrow();
  });

  test("what a branch makes stays in it, and may not hide what is around it", () => {
    const one = branch("z", [identity("z", "x")]);
    const hiding = branch("x", [identity("x", "w")]);
    expect(refusalOf(modelWith(choice(one, hiding)), policy).reason).toBe("duplicate-value");
    const reading = nodeOf("Relu", ["z"], ["y"]);
    const model = withNodes({ ...choice(one, one), inputs: ["x"], outputs: ["q"] }, reading);
    expect(refusalOf(encodeModel(model), policy).reason).toBe("unknown-value");
  });

  test("a node inside is named with those around it", () => {
    const bad = branch("z", [nodeOf("Shell", ["x"], ["z"])]);
    expect(refusalOf(modelWith(choice(bad, bad)), policy).node).toBe("node 0 (If), node 0 (Shell)");
  });

  test("nesting and counts go through all graphs", () => {
    const inner = branch("z", [identity("z", "x")]);
    const nested = branch("v", [{ ...choice(inner, inner), outputs: ["v"] }]);
    const bytes = modelWith(choice(nested, nested));
    expect(() => checkUntrusted(bytes, policy)).not.toThrow();
    expect(refusalOf(bytes, { ...policy, nesting: 1 }).reason).toBe("nesting");
    expect(refusalOf(bytes, { ...policy, nodes: 6 }).reason).toBe("nodes");
  });
});

describe("on the wire", () => {
  type Writer = ReturnType<typeof createProtobufWriter>;
  const fileWith = (write: (to: Writer) => void): Uint8Array => {
    const writer = createProtobufWriter();
    write(writer);
    return new Uint8Array([...encodeModel(dense), ...writer.finish()]);
  };
  const tensorWith = (write: (to: Writer) => void) =>
    fileWith((to) => {
      to.message(7, (graph) => graph.message(5, write));
    });

  const wire: readonly [what: string, reason: RefusalReason, bytes: Uint8Array][] = [
    ["functions", "function", fileWith((to) => to.message(25, (f) => f.text(1, "f")))],
    ["training information", "unsupported", fileWith((to) => to.message(20, () => {}))],
    [
      "sparse initialisers",
      "unsupported",
      fileWith((to) => to.message(7, (graph) => graph.message(15, () => {}))),
    ],
    [
      "external data",
      "external-data",
      tensorWith((tensor) => {
        tensor.message(13, (entry) => {
          entry.text(1, "location");
          entry.text(2, "../../etc/passwd");
        });
        tensor.text(8, "stolen");
      }),
    ],
    ["a data location elsewhere", "external-data", tensorWith((tensor) => tensor.int(14, 1))],
    [
      "a sequence",
      "element-type",
      fileWith((to) =>
        to.message(7, (graph) =>
          graph.message(11, (value) => value.message(2, (type) => type.message(4, () => {}))),
        ),
      ),
    ],
    ["nothing", "format", new Uint8Array()],
    ["noise", "format", Uint8Array.of(255, 255, 255, 255)],
    ["a file cut short", "format", encodeModel(dense).slice(0, -5)],
  ];

  test.each(wire)("refuses %s (%s)", (_, reason, bytes) => {
    expect(refusalOf(bytes).reason).toBe(reason);
  });

  test("names the tensor that lies elsewhere, whose name stands behind", () => {
    const [, , bytes] = wire.find(([what]) => what === "external data") ?? wire[0]!;
    expect(refusalOf(bytes).message).toBe('A tensor lies in another file: "stolen"');
  });

  test("many small messages are counted before any of them is built", () => {
    const many = fileWith((to) =>
      to.message(7, (graph) => {
        for (let i = 0; i < 1_000; i++) graph.message(13, () => {});
      }),
    );
    expect(refusalOf(many, { ...DEFAULT_POLICY, parts: 900 }).reason).toBe("parts");
  });
});
