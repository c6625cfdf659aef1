import { isFloat, type operators } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { GradientSite, Slopes } from "../op.ts";
import { transplant } from "../subgraph.ts";
import type { Subgraph, Value } from "../value.ts";
import { emitScan, type ScanStep, type Sequence } from "./scan-emission.ts";

type Site = GradientSite<typeof operators.Scan.attributes>;

/** A Scan taken apart. */
interface Parts {
  readonly g: Graph;
  readonly slopesOf: Site["slopesOf"];
  readonly body: Subgraph;
  readonly states: readonly Value[];
  readonly sequences: readonly Sequence[];
  /** Slopes of the states after the last step. */
  readonly stateSlopes: readonly Value[];
  /** Slopes of what was kept, where anything depends on it; `answer` is its place in the body's outputs. */
  readonly keptSlopes: readonly (Sequence & { readonly answer: number })[];
}

/**
 * Slopes of a Scan: a second one runs its steps from the last to the first. Each of its
 * steps computes the original step anew from the states that went into it, and takes the
 * gradient of that.
 */
export function scanSlopes(site: Site): Slopes {
  const parts = takeApart(site);
  const { states, sequences, body } = parts;
  const slopes = [...scanBack(parts)];
  return [...states, ...sequences.map(({ whole }) => whole), ...body.captured].map((value) => {
    const slope = hasSlope(value) ? slopes.shift() : undefined;
    return slope === undefined ? null : () => slope;
  });
}

const hasSlope = ({ dtype }: Value): boolean => isFloat(dtype);

function takeApart(site: Site): Parts {
  const { g, slopesOf, inputs, outputs, slopes, attributes, subgraphs } = site;
  const { body } = subgraphs;
  if (body === undefined) throw new GraphError("A Scan without its body");
  const axes = [...(attributes.scan_input_axes ?? []), ...(attributes.scan_output_axes ?? [])];
  if (axes.some((axis) => axis !== 0)) {
    throw new GraphError("No gradient is written for a Scan along another axis than the first");
  }
  const states = inputs.slice(0, inputs.length - attributes.num_scan_inputs);
  return {
    g,
    slopesOf,
    body,
    states,
    sequences: inputs.slice(states.length).map((whole, k) => ({
      whole,
      backwards: attributes.scan_input_directions?.[k] === 1,
    })),
    stateSlopes: states.map((state, k) => slopes[k] ?? g.zerosLike(state)),
    keptSlopes: outputs.slice(states.length).flatMap((_, k) => {
      const answer = states.length + k;
      const whole = slopes[answer] ?? null;
      const backwards = attributes.scan_output_directions?.[k] === 1;
      return whole === null ? [] : [{ whole, backwards, answer }];
    }),
  };
}

/** The states that went into each step, in the order of the steps. */
function statesBefore({ g, body, states, sequences }: Parts): readonly Value[] {
  if (states.length === 0) return [];
  return emitScan(g, {
    states,
    sequences,
    step: (inner, before, entries) => ({
      states: transplant(body, inner, [...before, ...entries]).slice(0, states.length),
      kept: before,
    }),
    keptBackwards: () => false,
  }).kept;
}

/** Slopes of the float states, the float sequences and the captured floats. */
function scanBack(parts: Parts): readonly Value[] {
  const { g, body, states, sequences, stateSlopes, keptSlopes } = parts;
  const before = statesBefore(parts).map((whole) => ({ whole, backwards: false }));
  const floatSequences = sequences.filter(({ whole }) => hasSlope(whole));
  const { states: sums, kept } = emitScan(g, {
    states: [
      ...stateSlopes.filter(hasSlope),
      ...body.captured.filter(hasSlope).map((value) => g.zerosLike(value)),
    ],
    sequences: [...before, ...sequences, ...keptSlopes].map(turnedRound),
    step: (inner, running, entries) => stepBack(parts, { inner, running, entries }),
    // An entry's slope goes where the entry came from.
    keptBackwards: (k) => floatSequences[k]?.backwards === false,
  });
  const floatStates = states.filter(hasSlope).length;
  return [...sums.slice(0, floatStates), ...kept, ...sums.slice(floatStates)];
}

const turnedRound = ({ whole, backwards }: Sequence): Sequence => ({
  whole,
  backwards: !backwards,
});

interface StepBack {
  readonly inner: Graph;
  /** Slopes of the float states after the step; sums of the captured values' slopes so far. */
  readonly running: readonly Value[];
  /** What went into the step, and the slopes of what was kept of it. */
  readonly entries: readonly Value[];
}

/** One step of the second Scan: the slopes of what went into the original step. */
function stepBack(parts: Parts, { inner, running, entries }: StepBack): ScanStep {
  const { body, states, sequences, keptSlopes } = parts;
  const inputs = entries.slice(0, states.length + sequences.length);
  const answers = transplant(body, inner, inputs);
  const floatStates = answers.slice(0, states.length).filter(hasSlope);
  const seeded = [...floatStates, ...keptSlopes.map(({ answer }) => answers[answer])];
  const seeds = [...running.slice(0, floatStates.length), ...entries.slice(inputs.length)];

  const wrt = [...inputs, ...body.captured].filter(hasSlope);
  const found = parts.slopesOf(inner, weighted(inner, seeded, seeds), wrt);
  const slopes = wrt.map((value, k) => found[k] ?? inner.zerosLike(value));
  const ofInputs = inputs.filter(hasSlope).length;
  const sums = running.slice(floatStates.length);
  return {
    states: [
      ...slopes.slice(0, floatStates.length),
      ...slopes.slice(ofInputs).map((slope, k) => inner.add(sums[k] ?? slope, slope)),
    ],
    kept: slopes.slice(floatStates.length, ofInputs),
  };
}

/** Σ ⟨value, weight⟩: its gradient is what the weights, as slopes of the values, make of the rest. */
function weighted(
  g: Graph,
  values: readonly (Value | undefined)[],
  weights: readonly (Value | undefined)[],
): Value {
  const parts = values.flatMap((value, k) => {
    const weight = weights[k];
    return value === undefined || weight === undefined ? [] : [g.reduceSum(g.mul(value, weight))];
  });
  const [first, ...rest] = parts;
  if (first === undefined) throw new GraphError("A Scan whose answers are no floats");
  return rest.reduce((sum, part) => g.add(sum, part), first);
}
