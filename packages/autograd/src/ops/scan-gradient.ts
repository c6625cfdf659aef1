import { isFloat, operators } from "@groundswell/onnx";

import { GraphError, UnwrittenRule } from "../errors.ts";
import type { Graph } from "../graph.ts";
import type { GradientSite, Slopes } from "../op.ts";
import { transplant } from "../subgraph.ts";
import type { Subgraph, Value } from "../value.ts";
import { emitScan, type ScanStep, type Sequence } from "./scan-emission.ts";

/** A Scan or a Loop taken apart. */
interface Parts {
  readonly g: Graph;
  readonly slopesOf: GradientSite["slopesOf"];
  /** Takes the states and an entry of each sequence, answers the states and what is kept. */
  readonly body: Subgraph;
  readonly states: readonly Value[];
  /** The states that went into each step, in the order of the steps. */
  readonly before: readonly Value[];
  readonly sequences: readonly Sequence[];
  /** Slopes of the float states after the last step. */
  readonly stateSlopes: readonly Value[];
  /** Slopes of what was kept, where anything depends on it; `answer` is its place in the body's outputs. */
  readonly keptSlopes: readonly (Sequence & { readonly answer: number })[];
}

/**
 * Slopes of a Scan: a second one runs its steps from the last to the first. Each of its
 * steps computes the original step anew from the states that went into it, and takes the
 * gradient of that.
 */
export function scanSlopes(site: GradientSite<typeof operators.Scan.attributes>): Slopes {
  const { inputs, outputs, attributes } = site;
  const axes = [...(attributes.scan_input_axes ?? []), ...(attributes.scan_output_axes ?? [])];
  if (axes.some((axis) => axis !== 0)) {
    throw new UnwrittenRule("no rule is written for other axes than the first");
  }
  const body = bodyOf(site);
  const states = inputs.slice(0, inputs.length - attributes.num_scan_inputs);
  const sequences = inputs.slice(states.length).map((whole, k) => ({
    whole,
    backwards: attributes.scan_input_directions?.[k] === 1,
  }));
  const kept = outputs.slice(states.length).map((_, k) => ({
    output: states.length + k,
    answer: states.length + k,
    backwards: attributes.scan_output_directions?.[k] === 1,
  }));
  const before =
    states.length === 0
      ? []
      : emitScan(site.g, {
          states,
          sequences,
          step: (inner, running, entries) => ({
            states: transplant(body, inner, [...running, ...entries]).slice(0, states.length),
            kept: running,
          }),
          keptBackwards: () => false,
        }).kept;
  return slopesBack(site, { body, states, before, sequences }, kept);
}

/**
 * Slopes of a Loop: it runs once more to keep the states that went into each step; from
 * there on it is a Scan of so many steps.
 */
export function loopSlopes(site: GradientSite): Slopes {
  const { g, inputs, outputs } = site;
  const { g: inside, captured, ...body } = bodyOf(site);
  const [counter, ...running] = body.inputs;
  if (counter === undefined) throw new GraphError("The body of a Loop counts its steps");
  const states = [inputs[1] ?? g.constant([1], "bool", []), ...inputs.slice(2)];
  const kept = g
    .emitAll(
      operators.Loop,
      [inputs[0] ?? null, inputs[1] ?? null, ...inputs.slice(2)],
      {},
      {
        outputCount: states.length - 1 + body.inputs.length,
        subgraphs: {
          body: g.subgraph((inner) => {
            const copies = body.inputs.map(({ dtype, shape }, k) =>
              inner.input(`input.${k}`, dtype, shape),
            );
            const answers = transplant({ ...body, g: inside, captured }, inner, copies);
            return { inputs: copies, outputs: [...answers.slice(0, states.length), ...copies] };
          }),
        },
      },
    )
    .slice(states.length - 1);
  const [count, ...before] = kept;
  if (count === undefined) throw new GraphError("A Loop keeps its counter");
  const slopes = slopesBack(
    site,
    {
      body: { g: inside, captured, outputs: body.outputs, inputs: [...running, counter] },
      states,
      before,
      sequences: [{ whole: count, backwards: false }],
    },
    outputs
      .map((_, output) => ({ output, answer: output + 1, backwards: false }))
      .slice(states.length - 1),
  );
  const [condition = null, ...ofStates] = slopes.slice(0, states.length);
  // The number of trips has none, the counter isn't an input.
  return [null, condition, ...ofStates, ...slopes.slice(states.length + 1)];
}

function bodyOf({ subgraphs }: GradientSite): Subgraph {
  const { body } = subgraphs;
  if (body === undefined) throw new GraphError("A node without the graph that it runs");
  return body;
}

interface KeptOutput {
  /** Its place in the node's outputs. */
  readonly output: number;
  /** Its place in the body's outputs. */
  readonly answer: number;
  readonly backwards: boolean;
}

/** Slopes of the states, the sequences and what the body captures, in that order. */
function slopesBack(
  { g, slopesOf, slopes }: GradientSite,
  parts: Pick<Parts, "body" | "states" | "before" | "sequences">,
  kept: readonly KeptOutput[],
): Slopes {
  const { states, sequences, body } = parts;
  const first = (kept[0]?.output ?? slopes.length) - states.length;
  const found = [
    ...scanBack({
      ...parts,
      g,
      slopesOf,
      stateSlopes: states.flatMap((state, k) =>
        hasSlope(state) ? [slopes[first + k] ?? g.zerosLike(state)] : [],
      ),
      keptSlopes: kept.flatMap(({ output, ...place }) => {
        const whole = slopes[output] ?? null;
        return whole === null ? [] : [{ ...place, whole }];
      }),
    }),
  ];
  return [...states, ...sequences.map(({ whole }) => whole), ...body.captured].map((value) => {
    const slope = hasSlope(value) ? found.shift() : undefined;
    return slope === undefined ? null : () => slope;
  });
}

const hasSlope = ({ dtype }: Value): boolean => isFloat(dtype);

/** Slopes of the float states, the float sequences and the captured floats. */
function scanBack(parts: Parts): readonly Value[] {
  const { g, body, states, sequences, stateSlopes, keptSlopes } = parts;
  const before = parts.before.map((whole) => ({ whole, backwards: false }));
  const floatSequences = sequences.filter(({ whole }) => hasSlope(whole));
  const { states: sums, kept } = emitScan(g, {
    states: [...stateSlopes, ...body.captured.filter(hasSlope).map((value) => g.zerosLike(value))],
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
export function weighted(
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
