/** The learning rate of step `t`, counted from 0. */
export type Schedule = (t: number) => number;

export const constantRate =
  (rate: number): Schedule =>
  () =>
    rate;

/** Multiplied by `factor` every `every` steps. */
export const stepDecay =
  (rate: number, every: number, factor = 0.1): Schedule =>
  (t) =>
    rate * factor ** Math.floor(t / every);

/** Along half a cosine from `rate` to `last` over `steps`; `last` from then on. */
export const cosineDecay =
  (rate: number, steps: number, last = 0): Schedule =>
  (t) =>
    last + ((rate - last) * (1 + Math.cos((Math.PI * Math.min(t, steps)) / steps))) / 2;

/** Straight down from `rate` to `last` over `steps`; `last` from then on. */
export const linearDecay =
  (rate: number, steps: number, last = 0): Schedule =>
  (t) =>
    rate + ((last - rate) * Math.min(t, steps)) / steps;

/** Straight up to the rate of `after` over `steps`, then as `after` says, its steps counted from there. */
export const warmUp =
  (steps: number, after: Schedule): Schedule =>
  (t) =>
    t < steps ? (after(0) * (t + 1)) / steps : after(t - steps);

/**
 * Up along half a cosine to `most` over the first `share` of `steps`, then down to almost
 * nothing (Smith, Topin 2018).
 */
export function oneCycle(most: number, steps: number, share = 0.3): Schedule {
  const rising = Math.max(1, Math.round(steps * share));
  const [first, last] = [most / 25, most / 1e5];
  const up = cosineDecay(first, rising, most);
  const down = cosineDecay(most, Math.max(1, steps - rising), last);
  return (t) => (t < rising ? up(t) : down(t - rising));
}
