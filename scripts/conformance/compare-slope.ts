import { failed, passed, refused, type Outcome } from "./outcome.ts";
import type { SlopeType } from "./slope-problem.ts";

/** Relative to the larger of the two, absolute below 1; and the steps that are tried. */
const BY_TYPE: { readonly [D in SlopeType]: Precision } = {
  float32: { tolerance: 5e-3, steps: [1e-2, 1e-3, 3e-2], epsilon: 2 ** -23 },
  float64: { tolerance: 1e-5, steps: [1e-5, 1e-6, 1e-4], epsilon: 2 ** -52 },
};

interface Precision {
  readonly tolerance: number;
  readonly steps: readonly number[];
  readonly epsilon: number;
}

/** A sum, and that of the absolute values of its terms. */
export interface Loss {
  readonly loss: number;
  readonly size: number;
}

/**
 * The slope by the rule beside that of the loss by differences. It passes where one of the
 * steps agrees; where the differences don't agree with each other, or not before the point
 * with behind it, there is no slope to agree with.
 */
export function compareSlope(
  { name, dtype, slope }: { name: string; dtype: SlopeType; slope: number },
  lossAt: (step: number) => Loss,
): Outcome {
  const { tolerance, steps, epsilon } = BY_TYPE[dtype];
  const agree = (a: number, b: number): boolean =>
    Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
  const here = lossAt(0);
  const found: { central: number; bend: number }[] = [];
  for (const step of steps) {
    const [ahead, behind] = [lossAt(step).loss, lossAt(-step).loss];
    const central = (ahead - behind) / (2 * step);
    if (agree(central, slope)) return passed;
    found.push({ central, bend: (ahead - 2 * here.loss + behind) / step });
  }
  const numbers = [here.loss, ...found.map(({ central }) => central)];
  if (!numbers.every(Number.isFinite)) return refused("Not smooth: not finite close by");
  const [wide, narrow] = found;
  if (wide === undefined || narrow === undefined) throw new RangeError("Two steps at least");
  // What is rounded off beside what a step changes.
  const noise = (here.size * epsilon) / Math.max(...steps);
  if (noise > tolerance * Math.max(1, Math.abs(slope))) {
    return refused("Values too large for differences");
  }
  if (found.some(({ central }) => !agree(central, wide.central))) {
    return refused("Not smooth: two steps disagree");
  }
  // Of a smooth function the two sides differ in proportion to the step.
  const isKink = !agree(narrow.bend, 0) && Math.abs(narrow.bend) > 0.5 * Math.abs(wide.bend);
  if (isKink) return refused("Not smooth: a kink");
  return failed(`The slope for "${name}" is ${slope}, by differences ${wide.central}`);
}
