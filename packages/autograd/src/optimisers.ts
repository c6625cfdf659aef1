import type { Graph } from "./graph.ts";
import type { Value } from "./value.ts";

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
function at(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new RangeError(`The optimiser got ${values.length} values`);
  return value;
}

/** w ← w − rate · gradient */
export function sgd(): Optimiser {
  return {
    name: "sgd",
    slots: [],
    hyperSize: 1,
    update: ({ g, parameter, gradient, hyper }) => ({
      parameter: g.sub(parameter, g.mul(gradient, at(hyper, 0))),
      slots: [],
    }),
    hyper: (learningRate) => [learningRate],
  };
}

export interface AdagradOptions {
  /** Default 1e-10. */
  readonly epsilon?: number;
}

/**
 * Adagrad (Duchi, Hazan, Singer 2011) as torch.optim.Adagrad has it: s ← s + gradient²,
 * w ← w − rate · gradient / (√s + ε). A zero gradient changes nothing.
 */
export function adagrad({ epsilon = 1e-10 }: AdagradOptions = {}): Optimiser {
  return {
    name: "adagrad",
    slots: ["sum"],
    hyperSize: 1,
    update({ g, parameter, gradient, slots, hyper }) {
      const sum = g.add(at(slots, 0), g.square(gradient));
      const step = g.div(g.mul(gradient, at(hyper, 0)), g.add(g.sqrt(sum), epsilon));
      return { parameter: g.sub(parameter, step), slots: [sum] };
    },
    hyper: (learningRate) => [learningRate],
  };
}

export interface AdamOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma, Ba 2015) as torch.optim.Adam has it.
 *
 * The slots hold m / (1 − β₁) and v / (1 − β₂), where m and v are the paper's averages:
 * m' ← β₁·m' + gradient and v' ← β₂·v' + gradient² are one multiplication shorter each.
 * The factors, and the bias corrections, are in the scalars:
 * w ← w − a · m' / (√v' + e).
 */
export function adam(options: AdamOptions = {}): Optimiser {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  return {
    name: "adam",
    slots: ["m", "v"],
    hyperSize: 2,
    update({ g, parameter, gradient, slots, hyper }) {
      const m = g.add(g.mul(at(slots, 0), beta1), gradient);
      const v = g.add(g.mul(at(slots, 1), beta2), g.square(gradient));
      const step = g.div(g.mul(m, at(hyper, 0)), g.add(g.sqrt(v), at(hyper, 1)));
      return { parameter: g.sub(parameter, step), slots: [m, v] };
    },
    hyper(learningRate, t) {
      const correction1 = 1 - power(beta1, t);
      const correction2 = Math.sqrt(1 - power(beta2, t));
      const scaleV = Math.sqrt(1 - beta2);
      return [
        (learningRate * correction2 * (1 - beta1)) / (correction1 * scaleV),
        (epsilon * correction2) / scaleV,
      ];
    },
  };
}

/**
 * base^exponent by repeated squaring. Unlike `**`, whose last bits are the engine's
 * business, it is the same on every machine.
 */
function power(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
