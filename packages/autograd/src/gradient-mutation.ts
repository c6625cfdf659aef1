import { buildCase, compareSlopesOf } from "./gradcheck.ts";
import type { Calculus } from "./gradient.ts";
import type { Op } from "./op.ts";
import { opOf } from "./ops/index.ts";

/** What the gradient check makes of a rule whose entries have the wrong sign. */
export interface Mutation {
  /** The entry, by the input whose slope it says. */
  readonly entry: number;
  /** How many of the operator's cases have a slope there. */
  readonly cases: number;
  /** In how many of them the check turns red. */
  readonly noticed: number;
}

/** A slope this small is none: its sign makes no difference. */
const NO_SLOPE = 1e-6;

/** Relative to the larger of the two. Opposite slopes are 2 apart. */
const RED = 0.5;

/**
 * Gives the entries of an operator's rule the wrong sign and runs the gradient check. They
 * need no turn each: no entry has a part in what another says.
 */
export function mutateRule(op: Op): Mutation[] {
  if (typeof op.grad !== "function") return [];
  // Nodes of this one are the mutants: the check itself multiplies and sums.
  const mutant: Op = { ...op, operator: { ...op.operator } };
  const counts = new Map<number, { cases: number; noticed: number }>();
  for (const testCase of op.cases) {
    const built = buildCase(mutant, testCase, op.check);
    for (const slopes of compareSlopesOf(built, op.check, withWrongSigns(op, mutant))) {
      const { input, numerical, analytic } = slopes;
      if (Math.abs(numerical) < NO_SLOPE) continue;
      const count = counts.get(input) ?? { cases: 0, noticed: 0 };
      counts.set(input, count);
      count.cases += 1;
      const larger = Math.max(Math.abs(numerical), Math.abs(analytic));
      if (Math.abs(numerical - analytic) / larger > RED) count.noticed += 1;
    }
  }
  return [...counts].map(([entry, count]) => ({ entry, ...count }));
}

function withWrongSigns({ grad }: Op, mutant: Op): Calculus {
  return (operator) => {
    if (operator !== mutant.operator || typeof grad !== "function") return opOf(operator);
    return {
      grad(site) {
        const negated = (rule: () => ReturnType<typeof site.g.neg>) => () => site.g.neg(rule());
        return grad(site).map((rule) => rule && negated(rule));
      },
    };
  };
}
