import { describe, expect, test } from "vitest";

import { ShapeError } from "./errors.ts";
import { inferShapes } from "./infer-shapes.ts";
import type { Attribute, FunctionDef, Model, NodeDef } from "./model.ts";
import { modelOf, nodeOf, weight, type Sketch } from "./passes/model-for-test.ts";

const reference = (value: string, of: "int" | "ints"): Attribute => ({
  kind: "reference",
  value,
  of,
});

const own = (node: NodeDef): NodeDef => ({ ...node, domain: "own" });

const functionOf = (
  name: string,
  parts: Pick<FunctionDef, "inputs" | "outputs" | "nodes"> & Partial<FunctionDef>,
): FunctionDef => ({
  domain: "own",
  name,
  attributes: [],
  defaults: {},
  operatorSets: [
    { domain: "", version: 23 },
    { domain: "own", version: 1 },
  ],
  ...parts,
});

const withFunctions = (functions: readonly FunctionDef[], sketch: Partial<Sketch>): Model => ({
  ...modelOf({ nodes: [], inputs: { x: ["N", 3, 4] }, outputs: ["y"], version: 23, ...sketch }),
  functions,
});

const shapeIn = (model: Model, name = "y") => inferShapes(model).values.get(name)?.shape;

const joined = functionOf("Joined", {
  inputs: ["a", "b"],
  outputs: ["c"],
  attributes: ["along"],
  nodes: [
    { ...nodeOf("Concat", ["a", "b"], ["ab"]), attributes: { axis: reference("along", "int") } },
    nodeOf("Relu", ["ab"], ["c"]),
  ],
});

describe("functions that a model defines", () => {
  test("are read with the types and attributes of each call", () => {
    const model = withFunctions([joined], {
      nodes: [
        own(nodeOf("Joined", ["x", "x"], ["h"], { along: 1 })),
        own(nodeOf("Joined", ["h", "h"], ["y"], { along: 0 })),
      ],
    });
    expect(shapeIn(model, "h")).toEqual(["N", 6, 4]);
    expect(shapeIn(model)).toEqual(["2*N", 6, 4]);
  });

  test("have defaults, call each other, and may lack an input", () => {
    const twice = functionOf("Twice", {
      inputs: ["a", "shift"],
      outputs: ["d"],
      attributes: ["along"],
      defaults: { along: { kind: "int", value: 2 } },
      nodes: [
        {
          ...own(nodeOf("Joined", ["a", "a"], ["d"])),
          attributes: { along: reference("along", "int") },
        },
        nodeOf("Clip", ["d", "shift"], ["unused"]),
      ],
    });
    const model = withFunctions([joined, twice], { nodes: [own(nodeOf("Twice", ["x"], ["y"]))] });
    expect(shapeIn(model)).toEqual(["N", 3, 8]);
    expect(inferShapes(model).undecided).toEqual([]);
  });

  test("are read in the operator set that they name", () => {
    const old = functionOf("Old", {
      inputs: ["a"],
      outputs: ["b"],
      operatorSets: [{ domain: "", version: 11 }],
      nodes: [nodeOf("ReduceSum", ["a"], ["b"], { axes: [1], keepdims: 0 })],
    });
    const model = withFunctions([old], { nodes: [own(nodeOf("Old", ["x"], ["y"]))] });
    expect(shapeIn(model)).toEqual(["N", 4]);
  });

  test("contradict themselves as nodes do", () => {
    const model = withFunctions([joined], {
      nodes: [own(nodeOf("Joined", ["x", "w"], ["y"], { along: 0 }))],
      initializers: [weight("w", [2, 5, 4])],
    });
    expect(() => inferShapes(model)).toThrow(ShapeError);
  });

  test("that call themselves, or double what they call, come to an end", () => {
    const twice = (name: string, next: string) =>
      functionOf(name, {
        inputs: ["a"],
        outputs: ["c"],
        nodes: [
          own(nodeOf(next, ["a"], ["b"])),
          own(nodeOf(next, ["a"], ["d"])),
          nodeOf("Add", ["b", "d"], ["c"]),
        ],
      });
    const nodes = [own(nodeOf("F0", ["x"], ["y"]))];
    expect(shapeIn(withFunctions([twice("F0", "F0")], { nodes }))).toBeUndefined();
    const chain = Array.from({ length: 60 }, (_, k) => twice(`F${k}`, `F${k + 1}`));
    expect(shapeIn(withFunctions(chain, { nodes }))).toBeUndefined();
  });
});
