import type { PerInput } from "@groundswell/onnx";

import type { Graph } from "../../graph.ts";
import type { Value } from "../../value.ts";
import type { ScanStep } from "../scan-emission.ts";
import type { Direction } from "./direction.ts";

/** One step against the states' direction. */
interface StepBack {
  readonly inner: Graph;
  /** Slope of the state after this time: [batch, hidden]. */
  readonly arrived: Value;
  /** Slope of the cell after this time, where there is one. */
  readonly cell: Value;
  /** The entries of the sequences. */
  readonly entries: PerInput<Value>;
}

/**
 * Goes through time against the states' direction. `step` answers the slopes of the states
 * before its time, and what to keep of the way. Behind the end of a sequence slopes pass as
 * they are, and nothing is kept.
 */
export function againstTime(
  direction: Direction,
  sequences: readonly Value[],
  step: (site: StepBack) => ScanStep,
): ScanStep & { readonly kept: PerInput<Value> } {
  const { g, slope, inside, finalSlopes, backwards } = direction;
  const optional = [slope, inside].filter((sequence) => sequence !== null);
  const { states, kept } = g.scan(
    {
      states: finalSlopes,
      sequences: [...sequences, ...optional],
      backwards: !backwards,
    },
    (inner, running, entries) => {
      const [hidden, cell] = running as PerInput<Value>;
      const rest = entries.slice(sequences.length);
      const outside = slope === null ? undefined : rest.shift();
      const arrived = outside === undefined ? hidden : inner.add(hidden, outside);
      const after = step({ inner, arrived, cell, entries: entries as PerInput<Value> });
      const [here] = rest;
      return here === undefined ? after : onlyInside(inner, after, { here, running });
    },
  );
  return { states, kept: kept as PerInput<Value> };
}

function onlyInside(
  g: Graph,
  { states, kept }: ScanStep,
  { here, running }: { readonly here: Value; readonly running: readonly Value[] },
): ScanStep {
  const changed = (state: Value, before: Value): Value =>
    g.add(before, g.mul(here, g.sub(state, before)));
  return {
    states: states.map((state, k) => changed(state, running[k] ?? state)),
    kept: kept.map((value) => g.mul(value, here)),
  };
}
