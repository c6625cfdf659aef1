import { describe, expect, test } from "vitest";

import { PassError } from "../errors.ts";
import type { Attribute, FunctionDef, Model, NodeDef } from "../model.ts";
import { inlineFunctions } from "./inline-functions.ts";
import { apart, floats, modelOf, nodeOf, weight, type Sketch } from "./model-for-test.ts";
import { allNodes } from "./names.ts";
import { upConvert } from "./up-convert.ts";

const own = (node: NodeDef): NodeDef => ({ ...node, domain: "own" });

const functionOf = (
  name: string,
  parts: Pick<FunctionDef, "inputs" | "outputs" | "nodes"> & Partial<FunctionDef>,
): FunctionDef => ({
  domain: "own",
  name,
  attributes: [],
  defaults: {},
  operatorSets: [{ domain: "", version: 21 }],
  ...parts,
});

function modelWith(functions: readonly FunctionDef[], sketch: Partial<Sketch>): Model {
  const model = modelOf({ nodes: [], inputs: { x: ["N", 4] }, outputs: ["y"], ...sketch });
  return {
    ...model,
    operatorSets: [...model.operatorSets, { domain: "own", version: 1 }],
    functions,
  };
}

const x = floats([3, 4]);

const operatorsOf = ({ graph }: Model): string[] => allNodes(graph).map(({ op }) => op);

const alpha: Attribute = { kind: "reference", value: "slope", of: "float" };

const leaky = functionOf("Leaky", {
  inputs: ["x"],
  outputs: ["y"],
  defaults: { slope: { kind: "float", value: 0.25 } },
  nodes: [
    nodeOf("Neg", ["x"], ["h"]),
    { ...nodeOf("LeakyRelu", ["h"], ["y"]), attributes: { alpha } },
  ],
});

describe("in place of a function's call", () => {
  test("stands its body, with the call's attributes and names of its own", () => {
    const model = modelWith([leaky], {
      nodes: [
        own(nodeOf("Leaky", ["x"], ["h"], { slope: 0.5 })),
        own(nodeOf("Leaky", ["h"], ["y"])),
      ],
    });
    const inlined = inlineFunctions(model);
    expect(operatorsOf(inlined)).toEqual(["Neg", "LeakyRelu", "Neg", "LeakyRelu"]);
    expect(inlined).not.toHaveProperty("functions");
    expect(apart(model, inlined, { x })).toBe(0);
  });

  test("stand the bodies of the functions that it calls", () => {
    const twice = functionOf("Twice", {
      inputs: ["a"],
      outputs: ["c"],
      operatorSets: [
        { domain: "", version: 21 },
        { domain: "own", version: 1 },
      ],
      nodes: [own(nodeOf("Leaky", ["a"], ["b"])), own(nodeOf("Leaky", ["b"], ["c"]))],
    });
    const model = modelWith([twice, leaky], { nodes: [own(nodeOf("Twice", ["x"], ["y"]))] });
    const inlined = inlineFunctions(model);
    expect(operatorsOf(inlined)).toHaveLength(4);
    expect(apart(model, inlined, { x })).toBe(0);
  });

  test("stands nothing where inputs or outputs are left out", () => {
    const clipped = functionOf("Clipped", {
      inputs: ["x", "low", "high"],
      outputs: ["unread", "y"],
      nodes: [nodeOf("Abs", ["x"], ["unread"]), nodeOf("Clip", ["x", "low", "high"], ["y"])],
    });
    const model = modelWith([clipped], {
      nodes: [own(nodeOf("Clipped", ["x", "", "most"], ["", "y"]))],
      initializers: [weight("most", [])],
    });
    const inlined = inlineFunctions(model);
    expect(inlined.graph.nodes[1]?.inputs).toEqual(["x", "", "most"]);
    expect(apart(model, inlined, { x })).toBe(0);
  });

  test("stands a copy of an input that it answers", () => {
    const handing = functionOf("Handing", { inputs: ["a"], outputs: ["a"], nodes: [] });
    const model = modelWith([handing], { nodes: [own(nodeOf("Handing", ["x"], ["y"]))] });
    expect(inlineFunctions(model).graph.nodes).toMatchObject([
      { op: "Identity", inputs: ["x"], outputs: ["y"] },
    ]);
  });

  test("stand graphs in its nodes, whose names nothing outside has", () => {
    const branch = (op: string): Attribute => ({
      kind: "graph",
      value: {
        name: op,
        // The model has an "h" as well.
        nodes: [nodeOf(op, ["x"], ["h"])],
        initializers: [],
        inputs: [],
        outputs: [{ name: "h", dtype: "float32", shape: null }],
      },
    });
    const either = functionOf("Either", {
      inputs: ["x", "which"],
      outputs: ["y"],
      nodes: [
        nodeOf("If", ["which"], ["y"], { then_branch: branch("Neg"), else_branch: branch("Relu") }),
      ],
    });
    const model = modelWith([either], {
      nodes: [
        nodeOf("Exp", ["x"], ["h"]),
        nodeOf("ReduceMax", ["h"], ["most"], { keepdims: 0 }),
        nodeOf("Greater", ["most", "one"], ["which"]),
        own(nodeOf("Either", ["h", "which"], ["mid"])),
        own(nodeOf("Either", ["mid", "which"], ["y"])),
      ],
      initializers: [weight("one", [])],
    });
    const inlined = inlineFunctions(model);
    const outside = inlined.graph.nodes.flatMap(({ outputs }) => outputs);
    const made = allNodes(inlined.graph).flatMap(({ outputs }) => outputs);
    expect(made.filter((name) => outside.includes(name))).toEqual(outside);
    expect(apart(model, inlined, { x })).toBe(0);
  });
});

test("a model without functions stays as it is", () => {
  const model = modelOf({ nodes: [], inputs: {}, outputs: [] });
  expect(inlineFunctions(model)).toBe(model);
});

describe("is refused", () => {
  const call = { nodes: [own(nodeOf("Leaky", ["x"], ["y"]))] };

  test("a function of another operator set", () => {
    const older = { ...leaky, operatorSets: [{ domain: "ai.onnx", version: 17 }] };
    expect(() => inlineFunctions(modelWith([older], call))).toThrow(
      new PassError('Function "Leaky" is of ai.onnx 17, the model of 21'),
    );
  });

  test("a function that calls itself", () => {
    const endless = { ...leaky, nodes: [own(nodeOf("Leaky", ["x"], ["y"]))] };
    expect(() => inlineFunctions(modelWith([endless], call))).toThrow("call themselves");
  });
});

test("a model of an older operator set is brought up with what its functions do", () => {
  const version = 17;
  const centred = functionOf("Centred", {
    inputs: ["x"],
    outputs: ["y"],
    operatorSets: [{ domain: "", version }],
    nodes: [
      nodeOf("ReduceMean", ["x"], ["mean"], { axes: [1] }),
      nodeOf("Sub", ["x", "mean"], ["y"]),
    ],
  });
  const model = modelWith([centred], {
    nodes: [
      own(nodeOf("Centred", ["x"], ["h"])),
      nodeOf("ReduceMean", ["h"], ["y"], { axes: [0] }),
    ],
    version,
  });
  const newest = upConvert(model);
  expect(newest).not.toHaveProperty("functions");
  expect(apart(model, newest, { x })).toBeLessThan(1e-6);
});
