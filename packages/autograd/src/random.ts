/**
 * Random numbers as a pure function: draw k of (seed, a, b) is the same whenever and
 * wherever it is asked for, so that a step can be replayed without replaying those before it.
 */
export interface RandomStream {
  /** 32 random bits as an unsigned integer. `k` < 2^32; `a`, `b` < 2^48. */
  bits(k: number, a?: number, b?: number): number;
  /** In (0, 1), a multiple of 2^-32 plus 2^-33. */
  uniform(k: number, a?: number, b?: number): number;
  /** Standard normal. */
  normal(k: number, a?: number, b?: number): number;
  /** An integer in [0, n); `n` ≤ 2^32. */
  below(n: number, k: number, a?: number, b?: number): number;
}
