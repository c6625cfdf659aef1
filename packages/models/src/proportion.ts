import type { Proportion } from "@groundswell/contracts";

/** Of the normal distribution: 95 % lie within. */
const Z = 1.959963984540054;

/**
 * `right` of `n` with its 95 % interval (Wilson 1927, the score interval): stays inside [0, 1], and
 * says something even for 0 of n. Of nothing, nothing is known: [0, 1].
 */
export function wilson(right: number, n: number): Proportion {
  if (n === 0) return { value: 0, low: 0, high: 1, n };
  return { ...scoreInterval(right / n, n), n };
}

/**
 * The mean of people's shares, with an interval over people: Wilson's, of as many single answers as
 * would make it as sure. People who are all alike count as one answer each, since what they
 * have in common the next ones need not have.
 *
 * @param means of each person, at least one
 * @param n examples that they stand for
 */
export function shareWithInterval(means: readonly number[], n: number): Proportion {
  const people = means.length;
  const value = means.reduce((sum, mean) => sum + mean, 0) / people;
  const squares = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0);
  const variance = people > 1 ? squares / (people - 1) / people : 0;
  const asMany = variance > 0 ? (value * (1 - value)) / variance : people;
  // Student's t is wider than the normal distribution where people are few.
  const widened = people > 1 ? (Z / studentT95(people - 1)) ** 2 : 1;
  return { ...scoreInterval(value, Math.min(Math.max(asMany, people), n) * widened), n };
}

function scoreInterval(share: number, n: number): Omit<Proportion, "n"> {
  const z2n = (Z * Z) / n;
  const centre = (share + z2n / 2) / (1 + z2n);
  const half = (Z / (1 + z2n)) * Math.sqrt((share * (1 - share)) / n + z2n / (4 * n));
  return {
    value: share,
    // Rounding may put a bound a hair on the wrong side of 0, 1 or the share itself.
    low: share === 0 ? 0 : Math.min(centre - half, share),
    high: share === 1 ? 1 : Math.max(centre + half, share),
  };
}

/**
 * Student's t for a two-sided 95 % interval (Abramowitz and Stegun 26.7.5, four terms of the
 * expansion: within 0.001 from 10 degrees of freedom, 3 % low at 2).
 */
export function studentT95(degrees: number): number {
  const z = Z;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160,
  ];
  return terms.reduce((sum, term, k) => sum + term / degrees ** (k + 1), z);
}
