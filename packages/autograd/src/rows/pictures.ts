import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";
import { planesOf, rowsOf } from "./rows.ts";
import type { Rows } from "./rows.ts";

/** Rows of which part of the computation is still to come, after a pool. */
interface Postponed {
  readonly rows: Rows;
  readonly after: (pooled: Value) => Value;
}

/** What the values of a graph have become: planes [N, channels, …] or rows, each made from the other where asked for. */
export interface Pictures {
  /** As the graph had it. */
  planes(value: Value): Value;
  rows(value: Value): Rows;
  /** Rows, if there are some without making them. */
  rowsAlready(value: Value): Rows | undefined;
  postponed(value: Value): Postponed | undefined;
  setPlanes(value: Value, now: Value): void;
  setRows(value: Value, now: Rows): void;
  postpone(value: Value, now: Postponed): void;
}

export function createPictures(g: Graph): Pictures {
  const planes = new Map<Value, Value>();
  const rows = new Map<Value, Rows>();
  const postponed = new Map<Value, Postponed>();

  function planesFor(value: Value): Value {
    const now = planes.get(value);
    if (now !== undefined) return now;
    const from = rows.get(value);
    const made = from === undefined ? value : planesOf(g, from);
    planes.set(value, made);
    return made;
  }

  return {
    planes: planesFor,
    rows(value) {
      const made = rows.get(value) ?? rowsOf(g, planesFor(value));
      rows.set(value, made);
      return made;
    },
    rowsAlready: (value) => rows.get(value),
    postponed: (value) => postponed.get(value),
    setPlanes: (value, now) => void planes.set(value, now),
    setRows: (value, now) => void rows.set(value, now),
    postpone: (value, now) => void postponed.set(value, now),
  };
}
