import { describe, expect, test } from "vitest";

import { PassError } from "../errors.ts";
import type { Attribute, ModelTensor } from "../model.ts";
import { apart, floats, modelOf, nodeOf, weight } from "./model-for-test.ts";
import { constantOf } from "./stored.ts";
import { upConvert } from "./up-convert.ts";

const image = [2, 4, 3, 5];

describe("sets that the runtime no longer runs itself", () => {
  const upgraded = (
    nodes: readonly ReturnType<typeof nodeOf>[],
    initializers: readonly ModelTensor[],
  ): ReturnType<typeof upConvert> =>
    upConvert(modelOf({ nodes, inputs: { x: image }, outputs: ["y"], initializers, version: 6 }));
  const direct = (
    nodes: readonly ReturnType<typeof nodeOf>[],
    initializers: readonly ModelTensor[],
  ): ReturnType<typeof upConvert> =>
    modelOf({ nodes, inputs: { x: image }, outputs: ["y"], initializers });

  test("a second input was lined up from an axis on", () => {
    const bias = weight("b", [4, 3]);
    const old = nodeOf("Add", ["x", "b"], ["y"], { broadcast: 1, axis: 1 });
    const now = nodeOf("Add", ["x", "b"], ["y"]);
    expect(
      apart(direct([now], [{ ...bias, dims: [4, 3, 1] }]), upgraded([old], [bias]), {
        x: floats(image),
      }),
    ).toBe(0);
  });

  test("a vector of slopes was one for each channel", () => {
    const slope = weight("b", [4]);
    const node = nodeOf("PRelu", ["x", "b"], ["y"]);
    expect(
      apart(direct([node], [{ ...slope, dims: [4, 1, 1] }]), upgraded([node], [slope]), {
        x: floats(image),
      }),
    ).toBe(0);
  });

  test("a picture grew by two attributes", () => {
    const old = nodeOf("Upsample", ["x"], ["y"], {
      height_scale: { kind: "float", value: 2 },
      width_scale: { kind: "float", value: 3 },
    });
    const now = nodeOf("Resize", ["x", "", "s"], ["y"], {
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
    const scales = constantOf("s", "float32", [1, 1, 2, 3]);
    expect(apart(direct([now], [scales]), upgraded([old], []), { x: floats(image) })).toBe(0);
  });

  test("types had names, targets were attributes, and buffers could be consumed", () => {
    const old = [
      nodeOf("Relu", ["x"], ["r"], { consumed_inputs: [0] }),
      nodeOf("Reshape", ["r"], ["s"], { shape: [2, -1], consumed_inputs: [0] }),
      nodeOf("Concat", ["s", "s"], ["t"]),
      nodeOf("Cast", ["t"], ["y"], { to: "DOUBLE" }),
    ];
    const model = { ...direct(old, []), operatorSets: [{ domain: "", version: 3 }] };
    const now = [
      nodeOf("Relu", ["x"], ["r"]),
      nodeOf("Reshape", ["r", "shape"], ["s"]),
      nodeOf("Concat", ["s", "s"], ["t"], { axis: 1 }),
      nodeOf("Cast", ["t"], ["y"], { to: 11 }),
    ];
    expect(
      apart(direct(now, [constantOf("shape", "int64", [2, -1])]), upConvert(model), {
        x: floats(image),
      }),
    ).toBe(0);
  });
});

describe("the model around the nodes", () => {
  const softmax = nodeOf("Softmax", ["x"], ["y"]);
  const sketch = { nodes: [softmax], inputs: { x: [2, 3] }, outputs: ["y"] };

  test("a model of the newest set, or one without standard operators, stays as it is", () => {
    const newest = modelOf({ ...sketch, version: 24 });
    expect(upConvert(newest)).toBe(newest);
    const foreign = { ...newest, operatorSets: [{ domain: "com.microsoft", version: 1 }] };
    expect(upConvert(foreign)).toBe(foreign);
  });

  test("the caller may stop anywhere on the way", () => {
    const model = modelOf({
      nodes: [nodeOf("ReduceMean", ["x"], ["y"], { axes: [1] })],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      version: 11,
    });
    expect(upConvert(model, 17).graph).toEqual(model.graph);
    expect(upConvert(model, 18).graph.initializers.map(({ name }) => name)).toEqual(["axes"]);
  });

  test("branches are brought up too, and read constants of their own", () => {
    const branch = (op: string): Attribute => ({
      kind: "graph",
      value: {
        name: op,
        nodes: [nodeOf(op, ["x"], [`${op}.y`], { axes: [1] })],
        initializers: [],
        inputs: [],
        outputs: [{ name: `${op}.y`, dtype: null, shape: null }],
      },
    });
    const before = modelOf({
      nodes: [
        nodeOf("ReduceSum", ["x"], ["total"], { keepdims: 0 }),
        nodeOf("Greater", ["total", "zero"], ["positive"]),
        nodeOf("If", ["positive"], ["y"], {
          then_branch: branch("ReduceSum"),
          else_branch: branch("ReduceMean"),
        }),
      ],
      inputs: { x: ["N", 3] },
      outputs: ["y"],
      initializers: [constantOf("zero", "float32", [0], [])],
      version: 11,
    });
    for (const seed of [1, 2, 3]) {
      expect(apart(before, upConvert(before), { x: floats([2, 3], seed) })).toBe(0);
    }
  });

  test("initialisers that had to be inputs are inputs no more", () => {
    const model = modelOf({
      nodes: [nodeOf("Add", ["x", "w"], ["y"])],
      inputs: { x: [2, 3], w: [3] },
      outputs: ["y"],
      initializers: [weight("w", [3])],
      version: 8,
      irVersion: 3,
    });
    expect(upConvert(model).graph.inputs.map(({ name }) => name)).toEqual(["x"]);
    expect(upConvert({ ...model, irVersion: 4 }).graph.inputs).toHaveLength(2);
  });

  test("names that the model has already are left alone", () => {
    const model = modelOf({
      nodes: [
        nodeOf("Unsqueeze", ["x"], ["axes"], { axes: [0] }),
        nodeOf("Squeeze", ["axes"], ["y"], { axes: [0] }),
      ],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      version: 11,
    });
    const { graph } = upConvert(model);
    expect(graph.initializers.map(({ name }) => name)).toEqual(["axes.1", "axes.2"]);
    expect(apart(model, upConvert(model), { x: floats([2, 3]) })).toBe(0);
  });

  test("what has no equal is refused by name", () => {
    const perPosition = modelOf({
      nodes: [nodeOf("BatchNormalization", ["x", "s", "s", "s", "s"], ["y"], { spatial: 0 })],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      initializers: [weight("s", [3])],
      version: 8,
    });
    expect(() => upConvert(perPosition)).toThrow(PassError);
    expect(() => upConvert(perPosition)).toThrow(/BatchNormalization "y".*each position/);
    const unknownRank = modelOf({
      nodes: [
        nodeOf("NonZero", ["x"], ["z"]),
        nodeOf("Unheard", ["z"], ["u"]),
        nodeOf("Add", ["u", "s"], ["y"], { broadcast: 1, axis: 0 }),
      ],
      inputs: { x: [2, 3] },
      outputs: ["y"],
      initializers: [weight("s", [3])],
      version: 6,
    });
    expect(() => upConvert(unknownRank)).toThrow(/the rank of input 0 isn't known/);
  });
});

test("training information is refused, whose graphs would stay old", () => {
  const nodes = [nodeOf("Relu", ["x"], ["y"])];
  const model = modelOf({ nodes, inputs: { x: [2] }, outputs: ["y"], version: 15 });
  const training = [{ algorithm: model.graph, initializationBinding: {}, updateBinding: {} }];
  expect(() => upConvert({ ...model, training })).toThrow("Training information");
});
