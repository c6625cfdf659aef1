import type { Attribute, GraphDef, Model, NodeDef } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { createGraph } from "./graph.ts";
import { importModel } from "./import.ts";

const node = (op: string, inputs: string[], outputs: string[], attributes = {}): NodeDef => ({
  op,
  domain: "",
  name: outputs[0] ?? "",
  inputs,
  outputs,
  attributes,
});

const branch = (...nodes: NodeDef[]): Attribute => ({
  kind: "graph",
  value: {
    name: "branch",
    nodes,
    initializers: [],
    inputs: [],
    outputs: [{ name: "answer", dtype: null, shape: null }],
  },
});

function modelOf(nodes: readonly NodeDef[], outputs: GraphDef["outputs"]): Model {
  const inputs = [{ name: "x", dtype: "float32", shape: ["N", 3] }] as const;
  const graph = { name: "g", nodes, initializers: [], inputs, outputs };
  return { irVersion: 11, producer: "", operatorSets: [{ domain: "", version: 23 }], graph };
}

test("of an If whose condition is known only the branch that is taken is read", () => {
  const taken = branch(node("Neg", ["x"], ["answer"]));
  // No such product exists.
  const impossible = branch(node("MatMul", ["x", "x"], ["answer"]));
  const model = modelOf(
    [
      node("Size", ["x"], ["size"]),
      node("Equal", ["size", "size"], ["yes"]),
      node("If", ["yes"], ["y"], { then_branch: taken, else_branch: impossible }),
    ],
    [{ name: "y", dtype: null, shape: null }],
  );
  const g = createGraph();
  const { y } = importModel(model, { trainable: [] }).build(
    g,
    {},
    { x: g.input("x", "float32", ["N", 3]) },
  );
  expect(y?.node?.operator.name).toBe("Neg");
  expect(g.nodes.map(({ operator }) => operator.name)).not.toContain("If");
});

test("a sequence of tensors is refused by the node that answers it", () => {
  const model = modelOf(
    [
      node("SequenceConstruct", ["x", "x"], ["both"]),
      node("ConcatFromSequence", ["both"], ["y"], { axis: { kind: "int", value: 0 } }),
    ],
    [{ name: "y", dtype: null, shape: null }],
  );
  const g = createGraph();
  const x = g.input("x", "float32", ["N", 3]);
  expect(() => importModel(model, { trainable: [] }).build(g, {}, { x })).toThrow(
    'SequenceConstruct (node "both"): SequenceConstruct answers sequences',
  );
});
