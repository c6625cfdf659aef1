import { axisOf, dimAt, operators } from "@groundswell/onnx";

import { GraphError, UnwrittenRule } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Value } from "../value.ts";

/** Reading and adding at computed places. Indices are int64 or int32. */
export interface GatherBuilders {
  /** Entries of `x` along `axis` (default 0): the indices' axes take the place of that axis. */
  gather(x: Value, indices: Value, axis?: number): Value;
  /** `indices` [..., k] address parts of `x` by its first k axes: [..., rest of x]. */
  gatherNd(x: Value, indices: Value): Value;
  /** `x` plus `updates` [..., rest of x] at `indices` [..., k]; an index that comes twice adds twice. */
  scatterAdd(x: Value, indices: Value, updates: Value): Value;
}

export const Gather = defineOp(operators.Gather, {
  grad: ({ dy, g, inputs: [x, indices], attributes }) => [
    () => {
      const axis = axisOf(attributes.axis, x.shape.length);
      const depth = indices.shape.length;
      const places = g.unsqueeze(indices, [depth]);
      if (axis === 0) return g.scatterAdd(g.zerosLike(x), places, dy);
      // Both with the gathered axis in front, as scatterAdd wants it, and back.
      const front = g.transpose(x, bringForward(x.shape.length, axis, 1));
      const updates = g.transpose(dy, bringForward(dy.shape.length, axis, depth));
      const sum = g.scatterAdd(g.zerosLike(front), places, updates);
      return g.transpose(sum, putBack(x.shape.length, axis));
    },
  ],
  cases: [
    {
      inputs: [[5, 3], { shape: ["N"], dtype: "int64", below: 5 }],
      attributes: { axis: 0 },
    },
    {
      inputs: [["V", 3], { shape: ["N", 4], dtype: "int64", below: 2 }],
      attributes: { axis: 0 },
    },
    {
      inputs: [["N", 4, 3], { shape: [6], dtype: "int64", below: 4 }],
      attributes: { axis: 1 },
    },
    { inputs: [["N", 4], { shape: [], dtype: "int64", below: 4 }], attributes: { axis: 1 } },
  ],
});

/** The order of axes in which `count` axes from `axis` on come first. */
function bringForward(rank: number, axis: number, count: number): number[] {
  const axes = Array.from({ length: rank }, (_, i) => i);
  return [...axes.splice(axis, count), ...axes];
}

/** The order of axes that undoes `bringForward(rank, axis, 1)`. */
function putBack(rank: number, axis: number): number[] {
  const order = bringForward(rank, axis, 1);
  return order.map((_, i) => order.indexOf(i));
}

export const GatherND = defineOp(operators.GatherND, {
  grad: ({ dy, g, inputs: [x, indices], attributes: { batch_dims } }) => [
    () => g.scatterAdd(g.zerosLike(x), withBatchPlaces(g, indices, batch_dims), dy),
  ],
  cases: [
    { inputs: [["V", 3], { shape: ["N", 1], dtype: "int64", below: 2 }] },
    { inputs: [[4, 3, 2], { shape: [5, 2], dtype: "int64", below: 3 }] },
    {
      inputs: [["N", 4, 2], { shape: ["N", 3, 1], dtype: "int64", below: 4 }],
      attributes: { batch_dims: 1 },
    },
    {
      inputs: [["N", 2, 5], { shape: ["N", 2, 1], dtype: "int64", below: 5 }],
      attributes: { batch_dims: 2 },
    },
  ],
});

/**
 * Indices [..., k] of which the first `count` axes run along with the same axes of what they
 * address, as [..., count + k], which say those places too.
 */
function withBatchPlaces(g: Graph, indices: Value, count: number): Value {
  const last = indices.shape.length - 1;
  const zeros = g.zerosLike(g.slice(indices, last, 0, 1));
  const places = Array.from({ length: count }, (_, axis) => {
    const size = g.gather(g.shapeOf(indices), g.constant(axis, "int64"));
    const range = g.emit(operators.Range, [g.constant(0, "int64"), size, g.constant(1, "int64")]);
    const others = indices.shape.flatMap((__, i) => (i === axis ? [] : [i]));
    return g.add(zeros, g.cast(g.unsqueeze(range, others), indices.dtype));
  });
  return count === 0 ? indices : g.concat([...places, indices], last);
}

export const ScatterND = defineOp(operators.ScatterND, {
  grad: ({ dy, g, inputs: [, indices, updates], attributes: { reduction } }) => {
    if (reduction !== "add" && reduction !== "none") {
      throw new UnwrittenRule(`no rule is written for reduction "${reduction}"`);
    }
    const overwritten = () =>
      g.emit(operators.ScatterND, [dy, indices, g.zerosLike(updates)], { reduction: "none" });
    return [() => (reduction === "add" ? dy : overwritten()), null, () => g.gatherNd(dy, indices)];
  },
  cases: [
    {
      inputs: [["V", 3], { shape: ["N", 1], dtype: "int64", below: 2 }, ["N", 3]],
      attributes: { reduction: "add" },
    },
    {
      inputs: [[4, 3, 2], { shape: [5, 2], dtype: "int64", below: 3 }, [5, 2]],
      attributes: { reduction: "add" },
    },
  ],
});

export const GatherElements = defineOp(operators.GatherElements, {
  grad: ({ dy, g, inputs: [x, indices], attributes: { axis } }) => [
    () => {
      const zeros = g.zerosLike(x);
      return g.emit(operators.ScatterElements, [zeros, indices, dy], { axis, reduction: "add" });
    },
  ],
  cases: [
    {
      inputs: [["N", 4], { shape: ["N", 2], dtype: "int64", below: 4 }],
      attributes: { axis: 1 },
    },
  ],
});

export const ScatterElements = defineOp(operators.ScatterElements, {
  grad: ({ dy, g, inputs: [, indices, updates], attributes: { axis, reduction } }) => {
    if (reduction !== "add" && reduction !== "none") {
      throw new UnwrittenRule(`no rule is written for reduction "${reduction}"`);
    }
    const taken = () => g.emit(operators.GatherElements, [dy, indices], { axis });
    return [
      () => {
        if (reduction === "add") return dy;
        const nothing = g.zerosLike(updates);
        return g.emit(operators.ScatterElements, [dy, indices, nothing], { axis });
      },
      null,
      taken,
    ];
  },
  cases: [
    {
      inputs: [["N", 4], { shape: ["N", 2], dtype: "int64", below: 4 }, ["N", 2]],
      attributes: { axis: 1, reduction: "add" },
    },
    {
      inputs: [["N", 4], { shape: ["N", 1], dtype: "int64", below: 4 }, ["N", 1]],
      attributes: { axis: 1 },
    },
  ],
});

export const OneHot = defineOp(operators.OneHot, {
  grad: flat("its values are taken as constants"),
  cases: [{ inputs: [{ shape: ["N"], dtype: "int64", below: 4 }, { int: 4 }, { ints: [0, 1] }] }],
});

export const TopK = defineOp(operators.TopK, {
  grad: ({ dy, g, inputs: [x], outputs: [, places], attributes: { axis } }) => [
    () => {
      if (places === undefined) throw new GraphError("TopK answers where its entries came from");
      const zeros = g.zerosLike(x);
      return g.emit(operators.ScatterElements, [zeros, places, dy], { axis, reduction: "add" });
    },
  ],
  cases: [
    { inputs: [["N", 5], { ints: [2] }] },
    { inputs: [[5, 3], { ints: [3] }], attributes: { axis: 0, largest: 0 } },
  ],
});

export function builders(g: Graph): GatherBuilders {
  return {
    gather(x, indices, axis = 0) {
      const at = axisOf(axis, x.shape.length);
      dimAt(x.shape, at);
      return g.emit(Gather, [x, indices], { axis: at });
    },
    gatherNd: (x, indices) => g.emit(GatherND, [x, indices]),
    // ScatterND's other reductions have other slopes; only this one is written.
    scatterAdd: (x, indices, updates) =>
      // Gather takes int32, ScatterND doesn't.
      g.emit(ScatterND, [x, g.cast(indices, "int64"), updates], { reduction: "add" }),
  };
}
