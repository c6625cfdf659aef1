/** What a training run with noise did. */
export interface PrivateTraining {
  /** Standard deviation of the noise, in units of the norm that each example is clipped to. */
  readonly noiseMultiplier: number;
  /** With what probability each example is in a batch, independently: 0 to 1. */
  readonly sampleRate: number;
  readonly steps: number;
}

/** Orders of Rényi divergence over which ε is minimised; those of Opacus, and a few beyond. */
const ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 10),
  ...Array.from({ length: 52 }, (_, i) => 12 + i),
  80,
  96,
  128,
  192,
  256,
  512,
];

/**
 * The ε of (ε, δ) differential privacy, of examples that are added or removed, after training
 * by DP-SGD (Abadi et al. 2016): Rényi divergence of the sampled Gaussian mechanism
 * (Mironov, Talwar, Zhang 2019, "Rényi Differential Privacy of the Sampled Gaussian
 * Mechanism"), summed over the steps and turned into ε by the bound of Canonne, Kamath,
 * Steinke 2020 (proposition 12).
 *
 * It holds where batches are drawn as `sampleRate` says. Batches in shuffled order, which
 * training mostly uses, are commonly accounted for in the same way, without proof.
 * @returns Infinity where nothing is promised
 * @throws RangeError for a rate or δ that isn't a probability
 */
export function epsilon(training: PrivateTraining & { readonly delta: number }): number {
  const { delta, steps, noiseMultiplier, sampleRate } = training;
  if (!(delta > 0 && delta < 1))
    throw new RangeError(`delta must be between 0 and 1, got ${delta}`);
  if (!(sampleRate >= 0 && sampleRate <= 1) || !(noiseMultiplier >= 0) || !(steps >= 0)) {
    throw new RangeError(`No training has ${JSON.stringify(training)}`);
  }
  if (steps === 0 || sampleRate === 0) return 0;
  if (noiseMultiplier === 0) return Infinity;
  const bounds = ORDERS.map((order) => {
    const divergence = steps * renyiDivergence(order, training);
    const excess = (Math.log(delta) + Math.log(order)) / (order - 1);
    return divergence - excess + Math.log((order - 1) / order);
  });
  return Math.max(0, Math.min(...bounds));
}

/** How many pieces a standard deviation is cut into: a Gaussian's sum has converged long before. */
const PIECES = 16;
/** How many standard deviations out the integral goes: what is left is below e^-70. */
const REACH = 12;

/**
 * Rényi divergence of order α > 1 of one step: ln E[((1 − q) + q·e^((2z − 1) / 2σ²))^α] / (α − 1)
 * over z ~ N(0, σ²), by the trapezoidal rule, which for an integrand like this is exact to
 * rounding. It takes any order, where the sum of binomials takes whole ones.
 */
export function renyiDivergence(
  order: number,
  { noiseMultiplier: sigma, sampleRate: q }: Omit<PrivateTraining, "steps">,
): number {
  if (q === 0) return 0;
  if (q === 1) return order / (2 * sigma * sigma);
  const width = sigma / PIECES;
  // The integrand has its mass around 0, where the examples agree, and around the order.
  const from = -REACH * sigma;
  const count = Math.ceil((order + 2 * REACH * sigma) / width);
  const logs = Array.from({ length: count + 1 }, (_, i) => {
    const z = from + i * width;
    const ratio = logOfSum(Math.log1p(-q), Math.log(q) + (2 * z - 1) / (2 * sigma * sigma));
    return order * ratio - (z * z) / (2 * sigma * sigma);
  });
  const largest = logs.reduce((most, value) => Math.max(most, value), -Infinity);
  const total = logs.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  const density = Math.log(width) - Math.log(sigma) - Math.log(2 * Math.PI) / 2;
  return Math.max(0, largest + Math.log(total) + density) / (order - 1);
}

/** ln(eᵃ + eᵇ) */
function logOfSum(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/**
 * The least noise, to a thousandth, with which training stays within ε.
 * @throws RangeError where even a multiplier of 1000 isn't enough
 */
export function noiseMultiplierFor(
  target: { readonly epsilon: number; readonly delta: number },
  training: Omit<PrivateTraining, "noiseMultiplier">,
): number {
  const spent = (noiseMultiplier: number): number =>
    epsilon({ ...training, noiseMultiplier, delta: target.delta });
  let [low, high] = [0, 1000];
  if (spent(high) > target.epsilon) {
    throw new RangeError(`No noise keeps ${training.steps} steps within ${target.epsilon}`);
  }
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (spent(middle) > target.epsilon) low = middle;
    else high = middle;
  }
  return high;
}
