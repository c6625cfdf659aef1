import { at, decayOf, type DecayOptions, type Optimiser, power } from "./optimiser.ts";

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

export interface AdamOptions extends DecayOptions {
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
 * AdamW (Loshchilov, Hutter 2019) as torch.optim.AdamW has it: Adam, and apart from it each
 * parameter loses rate · weightDecay of itself. Default weightDecay 0.01.
 */
export function adamW(options: AdamOptions = {}): Optimiser {
  const inner = adam(options);
  const decay = { weightDecay: 0.01, ...options };
  return {
    ...inner,
    name: "adamw",
    hyperSize: 3,
    update(site) {
      const { g, parameter, hyper } = site;
      const { parameter: next, slots } = inner.update(site);
      const share = decayOf(decay, parameter);
      if (share === 0) return { parameter: next, slots };
      const lost = g.mul(parameter, g.mul(at(hyper, 2), share));
      return { parameter: g.sub(next, lost), slots };
    },
    hyper: (learningRate, t) => [...inner.hyper(learningRate, t), learningRate],
  };
}

export interface RmsPropOptions {
  /** Share of the mean square that stays. Default 0.99. */
  readonly alpha?: number;
  /** Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * RMSProp (Hinton 2012) as torch.optim.RMSprop has it: s ← α · s + (1 − α) · gradient²,
 * w ← w − rate · gradient / (√s + ε).
 */
export function rmsProp({ alpha = 0.99, epsilon = 1e-8 }: RmsPropOptions = {}): Optimiser {
  return {
    name: "rmsprop",
    slots: ["square"],
    hyperSize: 1,
    update({ g, parameter, gradient, slots, hyper }) {
      const fresh = g.mul(g.square(gradient), 1 - alpha);
      const square = g.add(g.mul(at(slots, 0), alpha), fresh);
      const step = g.div(g.mul(gradient, at(hyper, 0)), g.add(g.sqrt(square), epsilon));
      return { parameter: g.sub(parameter, step), slots: [square] };
    },
    hyper: (learningRate) => [learningRate],
  };
}
