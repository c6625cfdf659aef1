import { at, decayOf, type DecayOptions, type Optimiser } from "./optimiser.ts";

export interface SgdOptions extends DecayOptions {
  /** Share of the last step's direction that goes on. Default 0. */
  readonly momentum?: number;
  /** Look ahead along the direction before it is taken (Nesterov 1983). Default false. */
  readonly nesterov?: boolean;
}

/**
 * Gradient descent as torch.optim.SGD has it: w ← w − rate · d, where d is the gradient, or with
 * momentum v ← momentum · v + gradient and d is v (with Nesterov: gradient + momentum · v).
 */
export function sgd(options: SgdOptions = {}): Optimiser {
  const { momentum = 0, nesterov = false } = options;
  return {
    name: "sgd",
    slots: momentum === 0 ? [] : ["velocity"],
    hyperSize: 1,
    update({ g, parameter, gradient, slots, hyper }) {
      const decay = decayOf(options, parameter);
      const slope = decay === 0 ? gradient : g.add(gradient, g.mul(parameter, decay));
      if (momentum === 0) {
        return { parameter: g.sub(parameter, g.mul(slope, at(hyper, 0))), slots: [] };
      }
      const velocity = g.add(g.mul(at(slots, 0), momentum), slope);
      const direction = nesterov ? g.add(slope, g.mul(velocity, momentum)) : velocity;
      return { parameter: g.sub(parameter, g.mul(direction, at(hyper, 0))), slots: [velocity] };
    },
    hyper: (learningRate) => [learningRate],
  };
}
