/** What of training privacy depends on. */
export interface PrivateTraining {
  /** Deviation of the noise over the length that gradients are clipped to. */
  readonly noiseMultiplier: number;
  /** Probability with which an example is in a batch. */
  readonly sampleRate: number;
  readonly steps: number;
  /** Probability with which the promise may fail; well below one over the number of examples. */
  readonly delta: number;
}

export interface PrivacySpent {
  readonly epsilon: number;
  /** The order of the Rényi divergence that gave it. */
  readonly order: number;
}

const ORDERS = [
  ...Array.from({ length: 99 }, (_, i) => 1.1 + i / 10),
  ...Array.from({ length: 53 }, (_, i) => 12 + i),
  128,
  256,
  512,
];

/**
 * (ε, δ) that training with sampled, clipped and noised gradients keeps: the Rényi divergence of
 * the sampled Gaussian mechanism (Mironov, Talwar, Zhang 2019) adds up over steps, and becomes ε
 * by the conversion of Canonne, Kamath, Steinke 2020 (proposition 12), at the best of many orders.
 *
 * @throws RangeError for a rate outside (0, 1], noise or δ that isn't positive
 */
export function privacySpent(training: PrivateTraining): PrivacySpent {
  const { noiseMultiplier: sigma, sampleRate: q, steps, delta } = training;
  if (!(sigma > 0)) throw new RangeError(`noiseMultiplier must be above 0, got ${sigma}`);
  if (!(q > 0 && q <= 1)) throw new RangeError(`sampleRate must be in (0, 1], got ${q}`);
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be in (0, 1), got ${delta}`);
  let best: PrivacySpent = { epsilon: Infinity, order: Number.NaN };
  for (const order of ORDERS) {
    const divergence = steps * sampledGaussian(q, sigma, order);
    const epsilon =
      divergence + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    if (epsilon < best.epsilon) best = { epsilon: Math.max(0, epsilon), order };
  }
  return best;
}

/** Rényi divergence of order α of one step. */
function sampledGaussian(q: number, sigma: number, order: number): number {
  if (q === 1) return order / (2 * sigma ** 2);
  const log = Number.isInteger(order) ? logWhole(q, sigma, order) : logBroken(q, sigma, order);
  return log / (order - 1);
}

/** ln A of the paper for whole orders: a binomial sum (section 3.3). */
function logWhole(q: number, sigma: number, order: number): number {
  let total = -Infinity;
  let logBinomial = 0;
  for (let k = 0; k <= order; k++) {
    const term =
      logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q) + (k * k - k) / (2 * sigma ** 2);
    total = logAdd(total, term);
    logBinomial += Math.log((order - k) / (k + 1));
  }
  return total;
}

/** The same for other orders: two series around the point where the densities meet. */
function logBroken(q: number, sigma: number, order: number): number {
  const meet = sigma ** 2 * Math.log(1 / q - 1) + 0.5;
  let [low, high] = [-Infinity, -Infinity];
  let [logCoefficient, sign] = [0, 1];
  for (let i = 0; i < 10_000; i++) {
    const j = order - i;
    const tail = (k: number, other: number, distance: number): number =>
      logCoefficient +
      k * Math.log(q) +
      other * Math.log1p(-q) +
      (k * k - k) / (2 * sigma ** 2) +
      Math.log(0.5) +
      logErfc(distance / (Math.SQRT2 * sigma));
    const lowTerm = tail(i, j, i - meet);
    const highTerm = tail(j, i, meet - j);
    low = sign > 0 ? logAdd(low, lowTerm) : logSubtract(low, lowTerm);
    high = sign > 0 ? logAdd(high, highTerm) : logSubtract(high, highTerm);
    if (i > order && Math.max(lowTerm, highTerm) < -30) break;
    // The next generalised binomial coefficient.
    const factor = (order - i) / (i + 1);
    if (factor < 0) sign = -sign;
    logCoefficient += Math.log(Math.abs(factor));
  }
  return logAdd(low, high);
}

function logAdd(a: number, b: number): number {
  const [large, small] = a > b ? [a, b] : [b, a];
  return small === -Infinity ? large : large + Math.log1p(Math.exp(small - large));
}

const logSubtract = (a: number, b: number): number =>
  a > b ? a + Math.log1p(-Math.exp(b - a)) : -Infinity;

/** ln erfc(x): by its continued fraction where x is large, else by the series of erf. */
function logErfc(x: number): number {
  if (x < 2.5) return Math.log(1 - erf(x));
  // Lentz's method on erfc(x) = e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))).
  let value = x;
  for (let k = 60; k >= 1; k--) value = x + k / 2 / value;
  return -x * x - Math.log(value) - 0.5 * Math.log(Math.PI);
}

/** 2/√π · Σ (−1)ⁿ x^(2n+1) / (n! (2n + 1)); for x below −2.5 it is −1 to ten digits by symmetry. */
function erf(x: number): number {
  if (x < 0) return -(1 - Math.exp(logErfc(-x)));
  let [term, total] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
    if (Math.abs(term) < 1e-18) break;
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}
