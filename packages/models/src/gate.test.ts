import { GateReport } from "@groundswell/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";

import { judgeCandidate } from "./gate.ts";

const settings = { min_accuracy: 0, margin: 0, min_examples: 10 };
const answers = (right: number, n: number) => Array.from({ length: n }, (_, i) => i < right);
const people = (n: number, each = 1) =>
  Array.from({ length: n }, (_, i) => `person ${Math.floor(i / each)}`);
const failing = (report: GateReport) =>
  report.checks.filter((check) => !check.passed).map((check) => check.name);

test("a candidate that is clearly better passes, and the report has its figures", () => {
  const report = judgeCandidate({
    settings: { ...settings, min_accuracy: 0.9 },
    candidate: answers(195, 200),
    champion: answers(170, 200),
    subjects: people(200),
  });
  expect(GateReport.parse(report)).toEqual(report);
  expect(failing(report)).toEqual([]);
  expect(report.difference.value).toBeCloseTo(0.125);
  expect(report).toMatchObject({ subjects: 200, candidate: { value: 0.975, n: 200 } });
});

test("a candidate that is worse is refused", () => {
  const report = judgeCandidate({
    settings,
    candidate: answers(150, 200),
    champion: answers(190, 200),
    subjects: people(200),
  });
  expect(report.passed).toBe(false);
  expect(failing(report)).toEqual(["not_worse_than_champion"]);
});

test("better by chance is not better: the lower bound decides", () => {
  const exam = {
    candidate: answers(101, 200),
    champion: answers(200, 200).map((_, i) => i >= 100),
    subjects: people(200),
  };
  expect(failing(judgeCandidate({ settings, ...exam }))).toEqual(["not_worse_than_champion"]);
  const lenient = { ...settings, margin: 0.2 };
  expect(failing(judgeCandidate({ settings: lenient, ...exam }))).toEqual([]);
});

test("few examples prove nothing, and no examples pass no check", () => {
  const few = judgeCandidate({
    settings,
    candidate: answers(9, 9),
    champion: answers(0, 9),
    subjects: people(9),
  });
  expect(failing(few)).toEqual(["min_examples"]);
  const none = judgeCandidate({ settings, candidate: [], champion: [], subjects: [] });
  expect(failing(none)).toEqual(["min_examples", "min_accuracy", "not_worse_than_champion"]);
});

test("an accuracy below the floor is refused, however bad the champion is", () => {
  const report = judgeCandidate({
    settings: { ...settings, min_accuracy: 0.9 },
    candidate: answers(170, 200),
    champion: answers(100, 200),
    subjects: people(200),
  });
  expect(failing(report)).toEqual(["min_accuracy"]);
});

test("many examples of few people widen the interval", () => {
  const candidate = answers(120, 200);
  const champion = answers(100, 200);
  const width = (subjects: string[]) => {
    const { difference } = judgeCandidate({ settings, candidate, champion, subjects });
    return difference.high - difference.low;
  };
  expect(width(people(200, 20))).toBeGreaterThan(2 * width(people(200)));
  expect(width(people(200, 200))).toBe(2);
});

test("one subject an example gives the interval of paired differences", () => {
  const candidate = answers(120, 200);
  const champion = answers(100, 200);
  const { difference } = judgeCandidate({ settings, candidate, champion, subjects: people(200) });
  // Mean 0.1, standard deviation √(200/199 · 0.1 · 0.9), t for 199 degrees of freedom 1.97196.
  const half = 1.97196 * Math.sqrt((200 / 199) * 0.09) * Math.sqrt(1 / 200);
  expect(difference.low).toBeCloseTo(0.1 - half, 6);
  expect(difference.high).toBeCloseTo(0.1 + half, 6);
});

test("equal answers pass whatever they are, and the order of the examples changes nothing", () => {
  const example = fc.record({
    candidate: fc.boolean(),
    champion: fc.boolean(),
    subject: fc.constantFrom("a", "b", "c", "d", "e"),
  });
  fc.assert(
    fc.property(fc.array(example, { minLength: 12 }), fc.integer(), (examples, turn) => {
      const judge = (rows: typeof examples) =>
        judgeCandidate({
          settings,
          candidate: rows.map((row) => row.candidate),
          champion: rows.map((row) => row.champion),
          subjects: rows.map((row) => row.subject),
        });
      const at = Math.abs(turn) % examples.length;
      const turned = [...examples.slice(at), ...examples.slice(0, at)];
      const report = judge(examples);
      expect(judge(turned).passed).toBe(report.passed);
      expect(report.difference.low).toBeLessThanOrEqual(report.difference.value);
      const alike = judge(examples.map((row) => ({ ...row, champion: row.candidate })));
      const people = new Set(examples.map((row) => row.subject)).size;
      expect(alike.passed).toBe(people > 1);
    }),
  );
});

test("lists of different lengths are refused", () => {
  expect(() =>
    judgeCandidate({ settings, candidate: [true], champion: [], subjects: ["a"] }),
  ).toThrow(RangeError);
});
