import fc from "fast-check";
import { expect, test } from "vitest";

import { inSteps } from "./step-bounds.ts";

const anyExamples = fc
  .array(fc.constantFrom("a", "a", "a", "a", "b", "c", "d"), { maxLength: 120 })
  .map((persons) => persons.map((person, seq) => ({ person, seq })));
const bounds = fc.record({
  perStep: fc.integer({ min: 1, max: 16 }),
  perPerson: fc.integer({ min: 1, max: 16 }),
});

test("every example is in one step, in none too many, and of nobody too many", () => {
  fc.assert(
    fc.property(anyExamples, bounds, (examples, { perStep, perPerson }) => {
      const steps = inSteps(examples, { perStep, perPerson });
      expect(steps.flat().toSorted((a, b) => a.seq - b.seq)).toEqual(examples);
      for (const step of steps) {
        expect(step.length).toBeGreaterThan(0);
        expect(step.length).toBeLessThanOrEqual(perStep);
        for (const own of Map.groupBy(step, ({ person }) => person).values())
          expect(own.length).toBeLessThanOrEqual(perPerson);
      }
    }),
  );
});

test("without a bound on persons, steps are the examples cut in order", () => {
  fc.assert(
    fc.property(anyExamples, (examples) => {
      const steps = inSteps(examples, { perStep: 16, perPerson: 16 });
      expect(steps.flat()).toEqual(examples);
      expect(steps.slice(0, -1).every((step) => step.length === 16)).toBe(true);
    }),
  );
});

test("a person with many does not keep the others waiting", () => {
  const loud = Array.from({ length: 200 }, (_, seq) => ({ person: "loud", seq }));
  const quiet = Array.from({ length: 15 }, (_, i) => ({ person: `q${i}`, seq: 200 + i }));
  const [first] = inSteps([...loud, ...quiet], { perStep: 16, perPerson: 1 });
  expect(first).toHaveLength(16);
});
