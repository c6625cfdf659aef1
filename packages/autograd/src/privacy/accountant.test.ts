import { expect, test } from "vitest";

import { epsilon, noiseMultiplierFor, renyiDivergence } from "./accountant.ts";

/** Mironov, Talwar, Zhang 2019, section 3.3: the closed form for whole orders. */
function byBinomials(order: number, sigma: number, q: number): number {
  let [sum, binomial] = [0, 1];
  for (let k = 0; k <= order; k++) {
    sum += binomial * (1 - q) ** (order - k) * q ** k * Math.exp((k * k - k) / (2 * sigma * sigma));
    binomial = (binomial * (order - k)) / (k + 1);
  }
  return Math.log(sum) / (order - 1);
}

test.each([
  [2, 1.1, 0.01],
  [5, 2, 0.1],
  [12, 0.8, 0.004],
  [32, 4, 0.2],
  [3, 1, 0.5],
])("order %d, noise %d, rate %d: the closed form", (order, noiseMultiplier, sampleRate) => {
  const expected = byBinomials(order, noiseMultiplier, sampleRate);
  const got = renyiDivergence(order, { noiseMultiplier, sampleRate });
  expect(got / expected).toBeCloseTo(1, 8);
});

test("whole and broken orders agree with the tests of TensorFlow Privacy", () => {
  // tensorflow_privacy, rdp_accountant_test.py: test_compute_rdp_sequence and _scalar.
  const divergence = (order: number): number =>
    50 * renyiDivergence(order, { noiseMultiplier: 2.5, sampleRate: 0.01 });
  expect(divergence(1.5)).toBeCloseTo(0.00065, 6);
  expect(divergence(2.5)).toBeCloseTo(0.001085, 6);
  expect(divergence(5)).toBeCloseTo(0.00218075, 7);
  expect(divergence(50)).toBeCloseTo(0.023846, 5);
  expect(divergence(100) / 167.416307).toBeCloseTo(1, 6);
  const scalar = 10 * renyiDivergence(5, { noiseMultiplier: 2, sampleRate: 0.1 });
  expect(scalar).toBeCloseTo(0.07737, 5);
});

test("the whole batch at once is the Gaussian mechanism", () => {
  expect(renyiDivergence(7, { noiseMultiplier: 2, sampleRate: 1 })).toBe(7 / 8);
  expect(renyiDivergence(7, { noiseMultiplier: 2, sampleRate: 0 })).toBe(0);
});

/** Mironov 2017, proposition 3: what both libraries went by when they published these figures. */
const byMironov = (order: number, steps: number): number =>
  steps * renyiDivergence(order, { noiseMultiplier: 1.12, sampleRate: 256 / 60_000 }) -
  Math.log(1e-5) / (order - 1);

test("the published figures for handwriting, 60 epochs of batches of 256, noise 1.12", () => {
  // Opacus, compute_dp_sgd_privacy: orders 10, 20 and 100 give 2.95.
  const opacus = [10, 20, 100].map((order) => byMironov(order, 60 * Math.ceil(60_000 / 256)));
  expect(Math.min(...opacus)).toBeCloseTo(2.95, 2);
  // TensorFlow Privacy's tutorial: 2.92 at order 9, after 14063 steps.
  expect(byMironov(9, 14_063)).toBeCloseTo(2.92, 2);
});

test("epsilon is by a tighter bound than those figures", () => {
  const run = { sampleRate: 256 / 60_000, steps: 14_063, noiseMultiplier: 1.12, delta: 1e-5 };
  expect(epsilon(run)).toBeLessThan(2.92);
  expect(epsilon(run)).toBeGreaterThan(2.4);
});

test("more steps, more of the data and less noise cost more", () => {
  const run = { sampleRate: 0.01, steps: 1000, noiseMultiplier: 1, delta: 1e-5 };
  const spent = epsilon(run);
  expect(epsilon({ ...run, steps: 2000 })).toBeGreaterThan(spent);
  expect(epsilon({ ...run, sampleRate: 0.02 })).toBeGreaterThan(spent);
  expect(epsilon({ ...run, noiseMultiplier: 0.8 })).toBeGreaterThan(spent);
  expect(epsilon({ ...run, noiseMultiplier: 0 })).toBe(Infinity);
  expect(epsilon({ ...run, steps: 0 })).toBe(0);
  expect(() => epsilon({ ...run, sampleRate: 2 })).toThrow(RangeError);
  expect(() => epsilon({ ...run, delta: 0 })).toThrow(RangeError);
});

test("the noise that keeps within a budget does, and a little less doesn't", () => {
  const run = { sampleRate: 0.02, steps: 500 };
  const noiseMultiplier = noiseMultiplierFor({ epsilon: 2, delta: 1e-5 }, run);
  expect(epsilon({ ...run, noiseMultiplier, delta: 1e-5 })).toBeLessThanOrEqual(2);
  expect(epsilon({ ...run, noiseMultiplier: noiseMultiplier - 2e-3, delta: 1e-5 })).toBeGreaterThan(
    2,
  );
});
