import { at, type Optimiser } from "./optimiser.ts";

export interface FtrlOptions {
  /** Default 1. */
  readonly beta?: number;
  /** What a weight must be worth: the larger, the more weights are exactly 0. Default 0. */
  readonly lambda1?: number;
  /** Default 0. */
  readonly lambda2?: number;
}

/**
 * FTRL-proximal (McMahan et al. 2013, algorithm 1), the learning rate being its α:
 * σ = (√(n + gradient²) − √n) / α, z ← z + gradient − σ · w, n ← n + gradient², and w is 0 where
 * |z| ≤ λ₁, else −(z − sign z · λ₁) / ((β + √n) / α + λ₂).
 *
 * Weights follow from z and n alone: begin with zeros, for others are gone after a step.
 */
export function ftrl({ beta = 1, lambda1 = 0, lambda2 = 0 }: FtrlOptions = {}): Optimiser {
  return {
    name: "ftrl",
    slots: ["z", "n"],
    hyperSize: 1,
    update({ g, parameter, gradient, slots, hyper }) {
      const [z, n, alpha] = [at(slots, 0), at(slots, 1), at(hyper, 0)];
      const nextN = g.add(n, g.square(gradient));
      const [root, nextRoot] = [g.sqrt(n), g.sqrt(nextN)];
      const sigma = g.div(g.sub(nextRoot, root), alpha);
      const nextZ = g.sub(g.add(z, gradient), g.mul(sigma, parameter));
      // z less λ₁ towards 0, and 0 within.
      const beyond = g.mul(g.sign(nextZ), g.relu(g.sub(g.abs(nextZ), lambda1)));
      const scale = g.add(g.div(g.add(nextRoot, beta), alpha), lambda2);
      return { parameter: g.neg(g.div(beyond, scale)), slots: [nextZ, nextN] };
    },
    hyper: (learningRate) => [learningRate],
  };
}
