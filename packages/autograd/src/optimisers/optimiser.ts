import type { Graph } from "../graph.ts";
import type { Value } from "../value.ts";

/** What an optimiser sees of one parameter. */
interface UpdateSite {
  readonly g: Graph;
  readonly parameter: Value;
  readonly gradient: Value;
  /** In the order of `Optimiser.slots`, each of the parameter's shape. */
  readonly slots: readonly Value[];
  /** Scalars, in the order of what `Optimiser.hyper` answers. */
  readonly hyper: readonly Value[];
}

export interface Optimiser {
  readonly name: string;
  /** Names of the state kept for each parameter beside itself. All of it starts at zero. */
  readonly slots: readonly string[];
  /** How many scalars a step needs. */
  readonly hyperSize: number;
  /** The new parameter and the new slots. */
  update(site: UpdateSite): { readonly parameter: Value; readonly slots: readonly Value[] };
  /**
   * The scalars of step `t`, counted from 1 over the steps that were executed. Worked out
   * here, not in the graph, so that a schedule needs no other graph.
   */
  hyper(learningRate: number, t: number): readonly number[];
}

/** One value of each list that is certainly there. */
export function at(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`The optimiser got ${values.length} values`);
  return value;
}

export interface DecayOptions {
  /** Share of itself, times the learning rate, that a parameter loses each step. Default 0. */
  readonly weightDecay?: number;
  /** Which parameters lose it; by custom not biases and scales. Default: all. */
  readonly decays?: (parameter: string) => boolean;
}

/** What `parameter` loses a step: 0 where it is none of those that decay. */
export const decayOf = (
  { weightDecay = 0, decays = () => true }: DecayOptions,
  { name }: Value,
): number => (decays(name) ? weightDecay : 0);

/**
 * base^exponent by repeated squaring. Unlike `**`, whose last bits are the engine's
 * business, it is the same on every machine.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
