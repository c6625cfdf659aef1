import { sizeAt, type RecurrentAttributes } from "@groundswell/onnx";

import { GraphError, UnwrittenRule } from "../../errors.ts";
import type { Graph } from "../../graph.ts";
import type { GradientSite, Slopes } from "../../op.ts";
import type { Value } from "../../value.ts";
import { statesBefore, timesInside } from "./times.ts";

/**
 * One direction of a recurrent node, as the gradient sees it. The runtime's kernels don't
 * say what their gates were, but they give the states at all times: from these the gates of
 * all times follow in two matrix products.
 */
export interface Direction {
  readonly g: Graph;
  /** The states go from the last time to the first. */
  readonly backwards: boolean;
  readonly hidden: number;
  /** [time, batch, features] */
  readonly x: Value;
  /** [gates·hidden, features] */
  readonly w: Value;
  /** [gates·hidden, hidden] */
  readonly r: Value;
  /** [gates·hidden] each: what is added beside W and beside R. */
  readonly bias: { readonly w: Value; readonly r: Value } | null;
  /** The states that come out of each time: [time, batch, hidden]. */
  readonly after: Value;
  /** The states that go into each time: [time, batch, hidden]. */
  readonly before: Value;
  /** The cell before the first step, [batch, hidden]; null stands for zero. */
  readonly initialCell: Value | null;
  /** The states after the last step, [batch, hidden], the cell second. */
  readonly final: readonly Value[];
  /**
   * 1 for the times of each sequence and 0 behind its end, [time, batch, 1]; null where all
   * are as long as there are times.
   */
  readonly inside: Value | null;
  /** Slopes of `after` as far as they come from outside; null for none. */
  readonly slope: Value | null;
  /** Slopes of `final`. */
  readonly finalSlopes: readonly Value[];
}

/** What a cell's rule finds out, from which all slopes follow. */
export interface CellSlopes {
  /** Slope of what the input adds to the gates: [time, batch, gates·hidden]. */
  readonly fromInput: Value;
  /** Slope of what the state before adds to them; the same for most cells. */
  readonly fromState: Value;
  /** Slope of R, [gates·hidden, hidden], where it isn't the product of `fromState` and `before`. */
  readonly r?: () => Value;
  /** Slopes of the states before the first step, [batch, hidden]. */
  readonly initial: readonly Value[];
}

type Site = GradientSite & { readonly attributes: RecurrentAttributes };

/** Slopes of a recurrent node from its cell's rule, which sees one direction at a time. */
export function recurrentSlopes(
  site: Site,
  cell: (direction: Direction) => CellSlopes,
  allowed: readonly (readonly string[])[],
): Slopes {
  refuseVariants(site, allowed);
  const { g, attributes } = site;
  const directions = directionsOf(attributes.direction).map((backwards, index) =>
    takeDirection(site, index, backwards),
  );
  const found = directions.map((direction) => ({ direction, slopes: cell(direction) }));
  const joined = (part: (each: (typeof found)[number]) => Value): Value =>
    g.concat(
      found.map((each) => g.unsqueeze(part(each), [0])),
      0,
    );
  return [
    () => found.map(slopeOfInput).reduce((sum, next) => g.add(sum, next)),
    () => joined(({ direction: { x }, slopes }) => product(g, slopes.fromInput, x)),
    () =>
      joined(
        ({ direction, slopes }) => slopes.r?.() ?? product(g, slopes.fromState, direction.before),
      ),
    () => joined(slopeOfBias),
    null,
    () => joined(({ slopes }) => stateAt(slopes.initial, 0)),
    () => joined(({ slopes }) => stateAt(slopes.initial, 1)),
  ];
}

type Found = { readonly direction: Direction; readonly slopes: CellSlopes };

const slopeOfInput = ({ direction: { g, w }, slopes }: Found): Value =>
  g.matmul(slopes.fromInput, w);

function slopeOfBias({ direction: { g }, slopes }: Found): Value {
  const sum = (slope: Value): Value => g.reduceSum(slope, { axes: [0, 1] });
  return g.concat([sum(slopes.fromInput), sum(slopes.fromState)], 0);
}

/** Aᵀ·B over time and batch: [rows of a, rows of b]. */
export const product = (g: Graph, a: Value, b: Value): Value =>
  g.gemm(g.flatten2(a), g.flatten2(b), null, { transA: true });

function stateAt(states: readonly Value[], index: number): Value {
  const state = states[index];
  if (state === undefined) throw new GraphError("The cell has no such state");
  return state;
}

/** For each direction, whether it goes backwards. */
function directionsOf(direction: string): boolean[] {
  if (direction === "bidirectional") return [false, true];
  return [direction === "reverse"];
}

function takeDirection(site: Site, index: number, backwards: boolean): Direction {
  const { g, inputs, outputs, slopes } = site;
  const [x, w, r] = inputs;
  const at = (value: Value, axis: number): Value =>
    g.squeeze(value.shape[axis] === 1 ? value : g.slice(value, axis, index, index + 1), [axis]);
  const optional = (value: Value | null | undefined, axis = 0): Value | null =>
    value ? at(value, axis) : null;

  const [all, ...last] = outputs;
  const final = last.map((state) => at(state, 0));
  if (all === undefined) throw new GraphError("A recurrent node without outputs");
  const after = at(all, 1);
  const weights = at(w, 0);
  const both = optional(inputs[3]);
  const lengths = inputs[4] ?? null;
  const inside = lengths === null ? null : timesInside(g, after, lengths);
  const gates = sizeAt(weights.shape, 0);
  const [biasW, biasR] = both === null ? [] : g.split(both, 0, [gates, gates]);
  return {
    g,
    backwards,
    hidden: sizeAt(r.shape, 2),
    x,
    w: weights,
    r: at(r, 0),
    bias: biasW === undefined || biasR === undefined ? null : { w: biasW, r: biasR },
    after,
    before: statesBefore(g, after, { initial: optional(inputs[5]), lengths, backwards }),
    initialCell: optional(inputs[6]),
    inside,
    slope: optional(slopes[0], 1),
    final,
    finalSlopes: final.map((state, k) => optional(slopes[k + 1]) ?? g.zerosLike(state)),
  };
}

/** What the gates are before their activations, at all times: [time, batch, gates·hidden]. */
export function preactivations(direction: Direction): Value {
  const { g, x, w, r, bias, before } = direction;
  const sum = g.add(g.matmul(x, turned(g, w)), g.matmul(before, turned(g, r)));
  return bias === null ? sum : g.add(sum, g.add(bias.w, bias.r));
}

export const turned = (g: Graph, matrix: Value): Value => g.transpose(matrix, [1, 0]);

/** Slope of sigmoid by its value. */
export const sigmoidSlope = (g: Graph, y: Value): Value => g.mul(y, g.sub(1, y));

/** Slope of tanh by its value. */
export const tanhSlope = (g: Graph, y: Value): Value => g.sub(1, g.square(y));

/** @throws UnwrittenRule for the variants that have no rule here */
function refuseVariants(
  { inputs, attributes }: Site,
  allowed: readonly (readonly string[])[],
): void {
  const refuse = (what: string): never => {
    throw new UnwrittenRule(`no rule is written for ${what}`);
  };
  if (attributes.layout !== 0) refuse("a layout with the batch in front");
  if (inputs[7]) refuse("peepholes");
  if (attributes.clip !== null) refuse("clipped gates");
  if ("input_forget" in attributes && attributes.input_forget !== 0) {
    refuse("an input gate that is tied to the forget gate");
  }
  if (attributes.activation_alpha !== null || attributes.activation_beta !== null) {
    refuse("parameters of its activations");
  }
  const given = attributes.activations;
  if (given === null) return;
  const names = given.join().toLowerCase();
  const directions = directionsOf(attributes.direction);
  const fits = allowed.some(
    (each) =>
      directions
        .flatMap(() => each)
        .join()
        .toLowerCase() === names,
  );
  if (!fits) refuse(`the activations ${given.join(", ")}`);
}
