import { operators } from "@groundswell/onnx";

import type { Graph } from "../../graph.ts";
import type { Value } from "../../value.ts";

/** 0, 1, 2, … for the times of `states`: [time, 1, 1] of the type of `like`. */
function timesOf(g: Graph, states: Value, like: Value): Value {
  const count = g.gather(g.shapeOf(states), g.constant(0, "int64"));
  const [first, step] = [g.constant(0, "int64"), g.constant(1, "int64")];
  return g.unsqueeze(g.cast(g.emit(operators.Range, [first, count, step]), like.dtype), [1, 2]);
}

/** [batch] to [1, batch, 1] */
const perSequence = (g: Graph, lengths: Value): Value => g.unsqueeze(lengths, [0, 2]);

/** 1 for the times of each sequence and 0 behind its end: [time, batch, 1]. */
export const timesInside = (g: Graph, states: Value, lengths: Value): Value =>
  g.cast(g.less(timesOf(g, states, lengths), perSequence(g, lengths)), states.dtype);

interface Before {
  readonly initial: Value | null;
  readonly lengths: Value | null;
  readonly backwards: boolean;
}

/** The states moved by one time, and the initial one (or zeros) where that leaves a gap. */
export function statesBefore(
  g: Graph,
  after: Value,
  { initial, lengths, backwards }: Before,
): Value {
  const [gap, beyond] = backwards ? [-1, 1] : [1, -1];
  const moved = g.pad(after, [gap, 0, 0], [beyond, 0, 0]);
  if (initial === null) return moved;
  if (lengths === null || !backwards) {
    const place = g.constant([backwards ? -1 : 0], "int64", [1, 1]);
    return g.scatterAdd(moved, place, g.unsqueeze(initial, [0]));
  }
  // Backwards, a sequence begins at its own end; the runtime says zero for what lies behind.
  const last = g.sub(perSequence(g, lengths), 1);
  const begins = g.cast(g.equal(timesOf(g, after, lengths), last), after.dtype);
  return g.add(moved, g.mul(begins, initial));
}
