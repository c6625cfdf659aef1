/**
 * Random numbers as a pure function: draw k of (seed, a, b) is the same whenever and
 * wherever it is asked for, so that one step of training can be done again without the
 * steps before it. What `a` and `b` mean is the caller's choice (an epoch and an example, a
 * step and a purpose); k counts the draws within.
 *
 * `k` and `n` are below 2^32, `a` and `b` below 2^48.
 */
export interface RandomStream {
  /** 32 random bits as an unsigned integer. */
  bits(k: number, a?: number, b?: number): number;
  /** In (0, 1), never 0 and never 1; 32 bits fine. */
  uniform(k: number, a?: number, b?: number): number;
  /** Standard normal, good to seven digits; no further out than 6.4. */
  normal(k: number, a?: number, b?: number): number;
  /** An integer in [0, n), uneven by at most n / 2^32. */
  below(n: number, k: number, a?: number, b?: number): number;
}

const TWO_32 = 2 ** 32;
const TWO_48 = 2 ** 48;

/**
 * Philox 4×32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
 * Only integer arithmetic and, for `normal`, the four operations and square roots: the
 * same bits on every machine.
 * @param seed an integer in [0, 2^53]
 */
export function randomStream(seed: number): RandomStream {
  requireInteger("seed", seed, Number.MAX_SAFE_INTEGER);
  const key0 = seed >>> 0;
  const key1 = Math.floor(seed / TWO_32);
  const block = new Uint32Array(4);
  // Which block is there: neighbouring draws come from the same one.
  let at = { index: -1, a: -1, b: -1 };

  function bits(k: number, a = 0, b = 0): number {
    const index = Math.floor(k / 4);
    if (at.index !== index || at.a !== a || at.b !== b) {
      requireInteger("k", k, TWO_32 - 1);
      requireInteger("a", a, TWO_48 - 1);
      requireInteger("b", b, TWO_48 - 1);
      block[0] = index;
      block[1] = a >>> 0;
      block[2] = b >>> 0;
      block[3] = Math.floor(a / TWO_32) * 65_536 + Math.floor(b / TWO_32);
      philox(block, key0, key1);
      at = { index, a, b };
    }
    return block[k & 3] ?? 0;
  }

  const uniform = (k: number, a?: number, b?: number): number => (bits(k, a, b) + 0.5) / TWO_32;

  return {
    bits,
    uniform,
    normal: (k, a, b) => normalQuantile(uniform(k, a, b)),
    below: (n, k, a, b) => Math.floor((bits(k, a, b) * n) / TWO_32),
  };
}

function requireInteger(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`${name} must be an integer from 0 to ${max}, got ${value}`);
  }
}

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Turns the counter in `block` into four random words, in place. */
export function philox(block: Uint32Array, key0: number, key1: number): void {
  let [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = block;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** Upper half of the 64-bit product of two unsigned 32-bit numbers, by 16-bit halves. */
function multiplyHigh(x: number, y: number): number {
  const xLow = x & 0xffff;
  const xHigh = x >>> 16;
  const yLow = y & 0xffff;
  const yHigh = y >>> 16;
  // Both sums stay below 2^32.
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carry = xLow * yHigh + (middle & 0xffff);
  return xHigh * yHigh + (middle >>> 16) + (carry >>> 16);
}

/** Value of a polynomial, coefficients from the constant up. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + (coefficients[i] ?? 0);
  return value;
}

// Coefficients of AS 241, PPND7: near the middle, towards the tails, far out.
const MIDDLE_OVER = [3.3871327179, 50.434271938, 159.29113202, 59.10937472];
const MIDDLE_UNDER = [1, 17.895169469, 78.757757664, 67.1875636];
const TAIL_OVER = [1.4234372777, 2.75681539, 1.3067284816, 0.17023821103];
const TAIL_UNDER = [1, 0.7370016425, 0.12021132975];
const FAR_OVER = [6.657905115, 3.081226386, 0.42868294337, 0.017337203997];
const FAR_UNDER = [1, 0.24197894225, 0.012258202635];

/**
 * Inverse of the standard normal distribution function, for 0 < p < 1 (Wichura, "Algorithm
 * AS 241: the percentage points of the normal distribution", 1988).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, MIDDLE_OVER)) / polynomial(r, MIDDLE_UNDER);
  }
  const r = Math.sqrt(-naturalLogarithm(q < 0 ? p : 1 - p));
  const x =
    r <= 5
      ? polynomial(r - 1.6, TAIL_OVER) / polynomial(r - 1.6, TAIL_UNDER)
      : polynomial(r - 5, FAR_OVER) / polynomial(r - 5, FAR_UNDER);
  return q < 0 ? -x : x;
}

/**
 * ln x for 0 < x < 1, of nothing but exact operations: Math.log may differ in its last bit
 * between engines.
 */
function naturalLogarithm(x: number): number {
  let mantissa = x;
  let exponent = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2·artanh((m − 1) / (m + 1)), and |z| < 0.172: ten terms reach a double's precision.
  const z = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let term = 19; term >= 1; term -= 2) series = series * z * z + 1 / term;
  return exponent * Math.LN2 + 2 * z * series;
}
