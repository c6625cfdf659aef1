import fc from "fast-check";
import { expect, test } from "vitest";

import { outputOf } from "./answer.ts";

test("the likeliest classes come first, ten at most, the first of equals before the others", () => {
  fc.assert(
    fc.property(
      fc.float32Array({ minLength: 2, maxLength: 40, min: 0, max: 1, noNaN: true }),
      (probabilities) => {
        const classes = [...probabilities.keys()].map(String);
        const output = outputOf(classes, probabilities);
        const best = Math.max(...probabilities);
        expect(output.label).toBe(String(probabilities.indexOf(best)));
        expect(output.probability).toBeCloseTo(best, 6);
        expect(output.classes).toHaveLength(Math.min(10, classes.length));
        expect(output.classes[0]).toEqual({
          label: output.label,
          probability: output.probability,
        });
        const shown = output.classes.map(({ probability }) => probability);
        expect(shown.toSorted((a, b) => b - a)).toEqual(shown);
      },
    ),
  );
});
