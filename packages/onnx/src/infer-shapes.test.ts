import { describe, expect, test } from "vitest";

import { ShapeError } from "./errors.ts";
import { inferShapes } from "./infer-shapes.ts";
import type { Dim, GraphDef, Model, NodeDef } from "./model.ts";
import { modelOf, nodeOf, weight, type Sketch } from "./passes/model-for-test.ts";
import { constantOf } from "./passes/stored.ts";

const ints = (name: string, ...values: number[]) => constantOf(name, "int64", values);
const scalar = (name: string, value: number) => constantOf(name, "int64", [value], []);

const shapeOf = (sketch: Sketch | Model, name = "y"): readonly Dim[] | undefined => {
  const model = "graph" in sketch ? sketch : modelOf({ version: 23, ...sketch });
  return inferShapes(model).values.get(name)?.shape;
};

describe("sizes that a graph works out", () => {
  const nodes = [
    nodeOf("Shape", ["x"], ["shape"]),
    nodeOf("Gather", ["shape", "zero"], ["batch"]),
    nodeOf("Gather", ["shape", "one"], ["length"]),
  ];
  const initializers = [
    scalar("zero", 0),
    scalar("one", 1),
    scalar("two", 2),
    ints("at0", 0),
    ints("minus", -1),
    ints("heads", 4),
    ints("width", 16),
    weight("w", [64, 64]),
  ];
  const sketch = (more: NodeDef[], x: readonly Dim[] = ["N", "S", 64]): Sketch => ({
    nodes: [...nodes, ...more],
    inputs: { x },
    outputs: ["y"],
    initializers,
  });

  test("heads of attention, as exporters write them", () => {
    const heads = sketch([
      nodeOf("MatMul", ["x", "w"], ["h"]),
      nodeOf("Unsqueeze", ["batch", "at0"], ["b"]),
      nodeOf("Unsqueeze", ["length", "at0"], ["l"]),
      nodeOf("Concat", ["b", "l", "heads", "width"], ["target"], { axis: 0 }),
      nodeOf("Reshape", ["h", "target"], ["split"]),
      nodeOf("Transpose", ["split"], ["turned"], { perm: [0, 2, 3, 1] }),
      nodeOf("Transpose", ["split"], ["q"], { perm: [0, 2, 1, 3] }),
      nodeOf("MatMul", ["q", "turned"], ["y"]),
    ]);
    expect(shapeOf(heads)).toEqual(["N", 4, "S", "S"]);
    expect(shapeOf(heads, "split")).toEqual(["N", "S", 4, 16]);
  });

  test("half of a length, doubled by a constant in floats", () => {
    const half = sketch([
      nodeOf("Div", ["length", "two"], ["half"]),
      nodeOf("Unsqueeze", ["half", "at0"], ["h"]),
      nodeOf("ConstantOfShape", ["h"], ["y"]),
    ]);
    expect(shapeOf(half)).toEqual(["(S//2)"]);
    expect(shapeOf(sketch(half.nodes.slice(3), ["N", 7, 64]))).toEqual([3]);

    const doubled: Sketch = {
      ...sketch([
        nodeOf("Cast", ["shape"], ["f"], { to: 1 }),
        nodeOf("Mul", ["f", "factor"], ["g"]),
        nodeOf("Cast", ["g"], ["i"], { to: 7 }),
        nodeOf("ConstantOfShape", ["i"], ["y"]),
      ]),
      initializers: [...initializers, constantOf("factor", "float32", [1, 2, 0.5])],
    };
    expect(shapeOf(doubled)).toEqual(["N", "2*S", 32]);
    // Half of a size that may be odd is no whole number of it.
    const odd = { ...doubled, inputs: { x: ["N", 4, "F"] } };
    expect(shapeOf(odd)).toEqual(["?0", "?1", "?2"]);
    const fixed = { ...doubled, inputs: { x: [3, 5, 7] } };
    expect(shapeOf(fixed)).toEqual([3, 10, 3]);
  });

  test("positions up to the length, cut from a table", () => {
    const positions = sketch([
      nodeOf("Unsqueeze", ["length", "at0"], ["end"]),
      nodeOf("Slice", ["w", "at0", "end", "at0"], ["y"]),
    ]);
    expect(shapeOf(positions)).toEqual(["S", 64]);
  });

  test("what a size is flattened into", () => {
    const flat = sketch([
      nodeOf("Concat", ["minus", "width"], ["target"], { axis: 0 }),
      nodeOf("Reshape", ["x", "target"], ["y"]),
    ]);
    expect(shapeOf(flat)).toEqual(["4*N*S", 16]);
    expect(shapeOf(sketch(flat.nodes.slice(3)), "target")).toEqual([2]);
  });

  test("a choice of sizes", () => {
    const expanded = sketch([
      nodeOf("Unsqueeze", ["batch", "at0"], ["b"]),
      nodeOf("Concat", ["b", "minus"], ["target"], { axis: 0 }),
      nodeOf("Equal", ["target", "minus"], ["open"]),
      nodeOf("ConstantOfShape", ["rank"], ["ones"], { value: oneAttribute() }),
      nodeOf("Where", ["open", "ones", "target"], ["sizes"]),
      nodeOf("Expand", ["row", "sizes"], ["y"]),
    ]);
    const more = [ints("rank", 2), weight("row", [1, 5])];
    expect(shapeOf({ ...expanded, initializers: [...initializers, ...more] })).toEqual(["N", 5]);
  });
});

const oneAttribute = () => ({ kind: "tensor", value: ints("", 1) }) as const;

test("windows over axes of unknown size", () => {
  const sketch: Sketch = {
    nodes: [
      nodeOf("Conv", ["x", "w"], ["h"], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      nodeOf("MaxPool", ["h"], ["p"], { kernel_shape: [2, 2], strides: [2, 2] }),
      nodeOf("ConvTranspose", ["h", "t"], ["u"], { strides: [2, 2], kernel_shape: [2, 2] }),
      nodeOf("Identity", ["u"], ["y"]),
    ],
    inputs: { x: ["N", 3, "H", "H"] },
    outputs: ["y"],
    initializers: [weight("w", [8, 3, 3, 3]), weight("t", [8, 3, 2, 2])],
  };
  expect(shapeOf(sketch, "h")).toEqual(["N", 8, "((H+1)//2)", "((H+1)//2)"]);
  const even = { ...sketch, inputs: { x: ["N", 3, "2*H", "2*H"] } };
  expect(shapeOf(even, "h")).toEqual(["N", 8, "H", "H"]);
  expect(shapeOf(even)).toEqual(["N", 3, "2*H", "2*H"]);
});

describe("graphs inside of nodes", () => {
  const body = (parts: Pick<GraphDef, "nodes" | "inputs" | "outputs">): GraphDef => ({
    name: "body",
    initializers: [],
    ...parts,
  });
  const answer = (name: string) => ({ name, dtype: null, shape: null });

  test("a branch reads what is around it", () => {
    const branch = (op: string) => ({
      kind: "graph" as const,
      value: body({ nodes: [nodeOf(op, ["x"], [op])], inputs: [], outputs: [answer(op)] }),
    });
    const node = nodeOf("If", ["c"], ["y"], {
      then_branch: branch("Relu"),
      else_branch: branch("Neg"),
    });
    const inputs = { x: ["N", 4] };
    const c = constantOf("c", "bool", [1], []);
    expect(shapeOf({ nodes: [node], inputs, outputs: ["y"], initializers: [c] })).toEqual(["N", 4]);
  });

  test("only the branch that is taken has to fit", () => {
    const branch = (node: NodeDef) => ({
      kind: "graph" as const,
      value: body({ nodes: [node], inputs: [], outputs: [answer("b")] }),
    });
    const node = nodeOf("If", ["c"], ["y"], {
      then_branch: branch(nodeOf("Squeeze", ["x", "axis"], ["b"])),
      else_branch: branch(nodeOf("Identity", ["x"], ["b"])),
    });
    const withCondition = (value: number): Sketch => ({
      nodes: [node],
      inputs: { x: ["N", 4] },
      outputs: ["y"],
      initializers: [ints("axis", 1), constantOf("c", "bool", [value], [])],
    });
    expect(shapeOf(withCondition(0))).toEqual(["N", 4]);
    const { values, undecided } = inferShapes(modelOf({ ...withCondition(1), version: 23 }));
    expect(values.get("y")).toBeNull();
    expect(undecided[0]?.reason).toMatch(/Squeeze "b".*Only axes of size 1/);
  });

  test("a size that one step of a loop changes is unknown in all, and what follows from it", () => {
    const input = (name: string) => ({ name, dtype: null, shape: null });
    const loop = nodeOf("Loop", ["three", "", "x", "x"], ["grown", "copied", "y"], {
      body: {
        kind: "graph",
        value: body({
          nodes: [
            nodeOf("Identity", ["c"], ["goesOn"]),
            nodeOf("Concat", ["a", "a"], ["longer"], { axis: 0 }),
            nodeOf("Neg", ["a"], ["b2"]),
            nodeOf("ReduceSum", ["b", "axis"], ["total"]),
          ],
          inputs: ["i", "c", "a", "b"].map(input),
          outputs: ["goesOn", "longer", "b2", "total"].map(answer),
        }),
      },
    });
    const model: Sketch = {
      nodes: [loop],
      inputs: { x: [1, "N"] },
      outputs: ["y"],
      initializers: [scalar("three", 3), ints("axis", 0)],
    };
    const isUnknown = (dim: Dim | undefined): boolean => String(dim).startsWith("?");
    const [grown, copied] = [shapeOf(model, "grown"), shapeOf(model, "copied")];
    expect([grown?.[1], copied?.[1]]).toEqual(["N", "N"]);
    expect([grown?.[0], copied?.[0]].map(isUnknown)).toEqual([true, true]);
    expect(shapeOf(model)).toEqual([3, 1, "N"]);
  });

  test("a scan answers one slice a step", () => {
    const state = { name: "s", dtype: null, shape: null };
    const node = nodeOf("Scan", ["s0", "x"], ["last", "y"], {
      num_scan_inputs: 1,
      body: {
        kind: "graph",
        value: body({
          nodes: [nodeOf("Add", ["s", "slice"], ["t"]), nodeOf("Identity", ["t"], ["u"])],
          inputs: [state, { ...state, name: "slice" }],
          outputs: [answer("t"), answer("u")],
        }),
      },
    });
    const model: Sketch = {
      nodes: [node],
      inputs: { s0: ["N"], x: ["T", "N"] },
      outputs: ["last", "y"],
    };
    expect(shapeOf(model, "last")).toEqual(["N"]);
    expect(shapeOf(model)).toEqual(["T", "N"]);
  });
});

test("an operator that isn't described, and all that reads from it, is said to be unknown", () => {
  const model = modelOf({
    nodes: [
      { ...nodeOf("Mystery", ["x"], ["m"]), domain: "somebody" },
      nodeOf("Relu", ["m"], ["r"]),
      nodeOf("Relu", ["x"], ["y"]),
    ],
    inputs: { x: ["N", 2] },
    outputs: ["y"],
  });
  const { values, undecided } = inferShapes(model);
  expect(values.get("m")).toBeNull();
  expect(values.get("r")).toBeNull();
  expect(values.get("y")).toEqual({ dtype: "float32", shape: ["N", 2], content: null });
  expect(undecided.map(({ node, reason }) => [node.op, reason])).toEqual([
    ["Mystery", "The operator isn't described"],
    ["Relu", 'Its input "m" is not known'],
  ]);
});

test("sizes that depend on the data have names that the model doesn't use", () => {
  const nodes = [nodeOf("NonZero", ["x"], ["y"])];
  expect(shapeOf({ nodes, inputs: { x: ["?0", ""] }, outputs: ["y"] })).toEqual([2, "?1"]);
  expect(shapeOf({ nodes, inputs: { x: ["?0", ""] }, outputs: ["y"] }, "x")).toEqual(["?0", "x.1"]);
});

describe("contradictions name the node", () => {
  const refusal = (nodes: NodeDef[], x: readonly Dim[] = ["N", 3]): (() => unknown) => {
    const initializers = [
      weight("w", [4, 5]),
      ints("bad", 7, 2),
      ints("negative", -2, -10),
      ints("zero", 0),
      ints("one", 1),
    ];
    const model = modelOf({ nodes, inputs: { x }, outputs: ["y"], initializers, version: 23 });
    return () => inferShapes(model);
  };

  test.each<[string, NodeDef, RegExp]>([
    ["inner sizes", nodeOf("MatMul", ["x", "w"], ["y"]), /MatMul "y"\(\[N, 3\], \[4, 5\]\)/],
    ["broadcast", nodeOf("Add", ["x", "w"], ["y"]), /Add "y".*don't broadcast/],
    ["reshape", nodeOf("Reshape", ["w", "bad"], ["y"]), /Reshape "y".*no such reshape/],
    ["an axis", nodeOf("Concat", ["x", "x"], ["y"], { axis: 5 }), /Concat "y".*Axis 5/],
    ["an attribute", nodeOf("Concat", ["x"], ["y"]), /Concat "y".*"axis" is missing/],
    ["its kind", nodeOf("Flatten", ["x"], ["y"], { axis: "a" }), /Flatten "y".*string, not int/],
    ["an input", nodeOf("Reshape", ["x"], ["y"]), /Reshape "y".*an input is missing/],
    ["a size below 0", nodeOf("Reshape", ["w", "negative"], ["y"]), /Reshape "y".*size of -2/],
    [
      "steps of 0",
      nodeOf("Slice", ["x", "zero", "one", "zero", "zero"], ["y"]),
      /Slice "y".*steps of 0/,
    ],
  ])("%s", (_, node, message) => {
    expect(refusal([node])).toThrow(ShapeError);
    expect(refusal([node])).toThrow(message);
  });
});

test("older operator sets are read as they mean it", () => {
  const nodes = [nodeOf("Squeeze", ["x"], ["y"], { axes: [1] })];
  expect(shapeOf({ nodes, inputs: { x: ["N", 1, 1] }, outputs: ["y"], version: 11 })).toEqual([
    "N",
    1,
  ]);
});
