import { expect, test } from "vitest";

import { privacySpent } from "./privacy.ts";

// ε by the RDP accountant of Google's dp-accounting 0.6, which has the same orders.
test.each([
  [1.1, 0.01, 10_000, 1e-5, 5.63201],
  [1.0, 256 / 60_000, 14_063, 1e-5, 3.07879],
  [4.0, 0.02, 5000, 1e-6, 1.7028],
  [0.7, 0.001, 2000, 1e-5, 1.72108],
  [2.0, 1, 100, 1e-5, 35.08175],
])(
  "noise %d, rate %d, %d steps: ε is what others say",
  (noiseMultiplier, sampleRate, steps, delta, epsilon) => {
    const spent = privacySpent({ noiseMultiplier, sampleRate, steps, delta });
    expect(spent.epsilon).toBeCloseTo(epsilon, 4);
  },
);

test("more noise, fewer steps and rarer sampling cost less", () => {
  const training = { noiseMultiplier: 1, sampleRate: 0.01, steps: 1000, delta: 1e-5 };
  const { epsilon } = privacySpent(training);
  expect(privacySpent({ ...training, noiseMultiplier: 2 }).epsilon).toBeLessThan(epsilon);
  expect(privacySpent({ ...training, steps: 100 }).epsilon).toBeLessThan(epsilon);
  expect(privacySpent({ ...training, sampleRate: 0.001 }).epsilon).toBeLessThan(epsilon);
});

test("nonsense is refused by name", () => {
  const training = { noiseMultiplier: 1, sampleRate: 0.01, steps: 10, delta: 1e-5 };
  expect(() => privacySpent({ ...training, noiseMultiplier: 0 })).toThrow(/noiseMultiplier/);
  expect(() => privacySpent({ ...training, sampleRate: 1.5 })).toThrow(/sampleRate/);
  expect(() => privacySpent({ ...training, delta: 0 })).toThrow(/delta/);
});
