import { expect, test } from "vitest";

import { ShapeError } from "../errors.ts";
import { inferShapes } from "../infer-shapes.ts";
import type { NodeDef } from "../model.ts";
import { modelOf, nodeOf } from "../passes/model-for-test.ts";
import { constantOf } from "../passes/stored.ts";

const constants = [-1, 0, 1, 2].map((value) => constantOf(`at${value}`, "int64", [value], []));

const infer = (nodes: readonly NodeDef[]) =>
  inferShapes(
    modelOf({
      nodes,
      inputs: { x: ["N", 5], z: ["M", 5] },
      outputs: ["y"],
      initializers: constants,
      version: 23,
    }),
  ).values;

const shapeOf = (nodes: readonly NodeDef[]) => infer(nodes).get("y")?.shape;

const both = nodeOf("SequenceConstruct", ["x", "z"], ["s"]);

test("what is put into a sequence comes out of it", () => {
  expect(shapeOf([both, nodeOf("SequenceAt", ["s", "at-1"], ["y"])])).toEqual(["M", 5]);
  const changed = [
    both,
    nodeOf("SequenceInsert", ["s", "z", "at0"], ["s2"]),
    nodeOf("SequenceErase", ["s2"], ["s3"]),
    nodeOf("Identity", ["s3"], ["s4"]),
  ];
  const first = nodeOf("SequenceAt", ["s4", "at0"], ["y"]);
  const second = nodeOf("SequenceAt", ["s4", "at1"], ["y"]);
  expect(shapeOf([...changed, first])).toEqual(["M", 5]);
  expect(shapeOf([...changed, second])).toEqual(["N", 5]);
  expect(infer([...changed, nodeOf("SequenceLength", ["s4"], ["y"])]).get("y")?.content).toEqual([
    2,
  ]);
  expect(() => shapeOf([...changed, nodeOf("SequenceAt", ["s4", "at2"], ["y"])])).toThrow(
    ShapeError,
  );
});

test("a sequence is no tensor, and no operator of tensors takes it for one", () => {
  const values = infer([both, nodeOf("Relu", ["s"], ["y"])]);
  expect(values.get("s")).toBeNull();
  expect(values.get("y")).toBeNull();
});

test("parts of a tensor, joined or stacked", () => {
  const split = nodeOf("SplitToSequence", ["x", "at2"], ["s"], { axis: 1 });
  expect(shapeOf([split, nodeOf("SequenceAt", ["s", "at2"], ["y"])])).toEqual(["N", 1]);
  const rejoined = nodeOf("ConcatFromSequence", ["s"], ["y"], { axis: 1 });
  expect(shapeOf([split, rejoined])).toEqual(["N", 5]);
  const columns = nodeOf("SplitToSequence", ["x"], ["s"], { axis: 1, keepdims: 0 });
  const stacked = nodeOf("ConcatFromSequence", ["s"], ["y"], { axis: 0, new_axis: 1 });
  expect(shapeOf([columns, stacked])).toEqual([5, "N"]);
});

test("how many parts there are may depend on the data", () => {
  const rows = nodeOf("SplitToSequence", ["x"], ["s"]);
  expect(shapeOf([rows, nodeOf("SequenceAt", ["s", "at0"], ["y"])])).toBeUndefined();
});
