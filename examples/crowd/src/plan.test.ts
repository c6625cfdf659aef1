import fc from "fast-check";
import { expect, test } from "vitest";

import { expectedOf } from "./expected.ts";
import { planCrowd } from "./plan.ts";

const crowd = { visits: 8_000, users: 400, seed: 1 };

test("the same numbers make the same plan", () => {
  expect(planCrowd(crowd)).toEqual(planCrowd(crowd));
  expect(planCrowd({ ...crowd, seed: 2 })).not.toEqual(planCrowd(crowd));
});

test("one user in five never agreed, some withdraw half way, most visits are plain", () => {
  const { acts, attitudes } = planCrowd(crowd);
  const having = (attitude: string) => [...attitudes.values()].filter((one) => one === attitude);
  expect(having("never-agreed")).toHaveLength(80);
  expect(having("withdraws")).toHaveLength(16);
  expect(acts.filter(({ kind }) => kind === "withdraw").length).toBeGreaterThanOrEqual(15);
  const plain = acts.filter((act) => act.kind === "visit" && act.manner === "at-once");
  expect(plain.length / crowd.visits).toBeGreaterThan(0.9);
});

test("every sample is met once; who withdraws agreed before, and comes again after", () => {
  fc.assert(
    fc.property(
      fc.record({
        visits: fc.integer({ min: 1, max: 600 }),
        users: fc.integer({ min: 1, max: 60 }),
        seed: fc.integer(),
        withdrawing: fc.double({ min: 0, max: 0.5, noNaN: true }),
      }),
      (options) => {
        const { acts, attitudes } = planCrowd(options);
        const samples = acts.flatMap((act) => (act.kind === "visit" ? [act.sample] : []));
        expect(samples).toEqual(Array.from({ length: options.visits }, (_, i) => i));
        const agreed = new Set<string>();
        const outOfTurn = acts.filter((act) => {
          const before = agreed.has(act.subject);
          if (act.kind === "agree") agreed.add(act.subject);
          const may = attitudes.get(act.subject) !== "never-agreed";
          return act.kind === "agree" ? before || !may : act.kind !== "mistake" && before !== may;
        });
        expect(outOfTurn).toEqual([]);
      },
    ),
  );
});

test("what is expected adds up to what is posted", () => {
  const plan = planCrowd(crowd);
  const expected = expectedOf(plan);
  const { usable, withdrawers, noConsent } = expected;
  expect(usable + withdrawers + noConsent).toBe(crowd.visits);
  expect(noConsent / crowd.visits).toBeCloseTo(0.2, 1);
  const { malformed, unreadable, unmatched } = expected;
  expect([unreadable, malformed, unmatched]).toEqual([6, 12, 6]);
  expect(expected.duplicate).toBeGreaterThan(100);
  expect(expected.superseded).toBeGreaterThan(40);
});
