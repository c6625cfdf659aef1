import { axisOf, dimAt, operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
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
  grad: ({ dy, g, inputs: [x, indices], attributes: { axis } }) => [
    () => {
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
  grad: ({ dy, g, inputs: [x, indices] }) => [() => g.scatterAdd(g.zerosLike(x), indices, dy)],
  cases: [
    { inputs: [["V", 3], { shape: ["N", 1], dtype: "int64", below: 2 }] },
    { inputs: [[4, 3, 2], { shape: [5, 2], dtype: "int64", below: 3 }] },
  ],
});

export const ScatterND = defineOp(operators.ScatterND, {
  grad: ({ dy, g, inputs: [, indices] }) => [() => dy, null, () => g.gatherNd(dy, indices)],
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
      g.emit(ScatterND, [x, indices, updates], { reduction: "add" }),
  };
}
