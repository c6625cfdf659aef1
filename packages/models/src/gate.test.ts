import { GateReport } from "@groundswell/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";

import { judgeCandidate } from "./gate.ts";

const settings = { min_accuracy: 0, margin: 0, min_examples: 10 };
const answers = (right: number, n: number) =>
  Array.from({ length: n }, (_, i) => Number(i < right));
const people = (n: number, each = 1) =>
  Array.from({ length: n }, (_, i) => `person ${Math.floor(i / each)}`);
const failing = (report: GateReport) =>
  report.checks.filter((check) => !check.passed).map((check) => check.name);

interface Sat {
  candidate: readonly number[];
  champion: readonly number[];
  subjects: readonly string[];
}

const judge = (sat: Sat, over: Partial<Parameters<typeof judgeCandidate>[0]["settings"]> = {}) =>
  judgeCandidate({
    ...sat,
    settings: { ...settings, ...over },
    targets: sat.candidate.map((_, i) => (i % 2 ? "a" : "b")),
    classes: ["a", "b"],
    examShare: 0.1,
  });

const differenceOf = (sat: Sat) => {
  const { difference } = judge(sat);
  if (!difference) throw new Error("no difference");
  return difference;
};

test("a candidate that is clearly better passes, and the report has its figures", () => {
  const sat = { candidate: answers(195, 200), champion: answers(170, 200), subjects: people(200) };
  const report = judge(sat, { min_accuracy: 0.9 });
  expect(GateReport.parse(report)).toEqual(report);
  expect(failing(report)).toEqual([]);
  expect(report.difference?.value).toBeCloseTo(0.125);
  expect(report).toMatchObject({ subjects: 200, candidate: { value: 0.975, n: 200 } });
});

test("a candidate that is worse is refused", () => {
  const report = judge({
    candidate: answers(150, 200),
    champion: answers(190, 200),
    subjects: people(200),
  });
  expect(report.passed).toBe(false);
  expect(failing(report)).toEqual(["not_worse_than_champion"]);
});

test("better by chance is not better: the lower bound decides", () => {
  const sat = {
    candidate: answers(101, 200),
    champion: answers(200, 200).map((_, i) => Number(i >= 100)),
    subjects: people(200),
  };
  expect(failing(judge(sat))).toEqual(["not_worse_than_champion"]);
  expect(failing(judge(sat, { margin: 0.2 }))).toEqual([]);
});

test("few examples prove nothing; without any there are no figures, and no check passes", () => {
  const few = judge({ candidate: answers(9, 9), champion: answers(0, 9), subjects: people(9) });
  expect(failing(few)).toEqual(["min_examples"]);
  const none = judge({ candidate: [], champion: [], subjects: [] });
  expect(none).toMatchObject({ candidate: null, champion: null, difference: null, subjects: 0 });
  expect(none.missing_classes).toEqual(["a", "b"]);
  const all = ["min_persons", "min_examples", "min_accuracy", "not_worse_than_champion"];
  expect(failing(none)).toEqual(all);
});

test("few people prove nothing, however many examples they gave; the report says how many are needed", () => {
  const two = { candidate: answers(60, 60), champion: answers(50, 60), subjects: people(60, 30) };
  const report = judge(two);
  expect(failing(report)).toContain("min_persons");
  expect(report.checks[0]?.detail).toMatch(/^2 people .* needs 3 more people .* about 30 more/);
  expect(failing(judge(two, { min_persons: 2 }))).not.toContain("min_persons");
});

test("one person decides nothing, however much they said", () => {
  const loud = Array.from({ length: 1_000 }, () => "loud");
  const quiet = people(260, 20);
  const sat = {
    candidate: [...loud.map(() => 0), ...quiet.map(() => 1)],
    champion: [...loud.map(() => 0), ...quiet.map((_, i) => Number(i % 20 > 0))],
    subjects: [...loud, ...quiet],
  };
  const report = judge(sat);
  expect(report.candidate?.value).toBeCloseTo(13 / 14);
  expect(failing(report)).toEqual([]);
  // Half of all examples are of one person, who finds all of the candidate's wrong.
  const against = { ...sat, champion: [...loud.map(() => 1), ...quiet.map(() => 0.95)] };
  expect(judge(against).candidate?.value).toBeCloseTo(13 / 14);
});

test("a class that nobody in the exam met is named", () => {
  const report = judgeCandidate({
    settings,
    candidate: answers(12, 12),
    champion: answers(12, 12),
    subjects: people(12),
    targets: answers(6, 12).map(String),
    classes: ["0", "1", "2", "rare"],
    examShare: 0.1,
  });
  expect(report.missing_classes).toEqual(["2", "rare"]);
});

test("an accuracy below the floor is refused, however bad the champion is", () => {
  const sat = { candidate: answers(170, 200), champion: answers(100, 200), subjects: people(200) };
  expect(failing(judge(sat, { min_accuracy: 0.9 }))).toEqual(["min_accuracy"]);
});

test("many examples of few people widen the interval; one person's says nothing", () => {
  const sat = { candidate: answers(120, 200), champion: answers(100, 200) };
  const width = (subjects: string[]) => {
    const { low, high } = differenceOf({ ...sat, subjects });
    return high - low;
  };
  expect(width(people(200, 20))).toBeGreaterThan(2 * width(people(200)));
  expect(width(people(200, 200))).toBe(2);
});

test("one subject an example gives the interval of paired differences", () => {
  const sat = { candidate: answers(120, 200), champion: answers(100, 200), subjects: people(200) };
  const { low, high } = differenceOf(sat);
  // Mean 0.1, standard deviation √(200/199 · 0.1 · 0.9), t for 199 degrees of freedom 1.97196.
  const half = 1.97196 * Math.sqrt((200 / 199) * 0.09) * Math.sqrt(1 / 200);
  expect(low).toBeCloseTo(0.1 - half, 6);
  expect(high).toBeCloseTo(0.1 + half, 6);
});

test("equal answers are no worse, and the order of the examples changes nothing", () => {
  const example = fc.record({
    candidate: fc.double({ min: 0, max: 1, noNaN: true }),
    champion: fc.double({ min: 0, max: 1, noNaN: true }),
    subject: fc.constantFrom("a", "b", "c", "d", "e"),
  });
  const sitting = (rows: readonly { candidate: number; champion: number; subject: string }[]) => ({
    candidate: rows.map((row) => row.candidate),
    champion: rows.map((row) => row.champion),
    subjects: rows.map((row) => row.subject),
  });
  fc.assert(
    fc.property(fc.array(example, { minLength: 12 }), fc.nat(), (examples, turn) => {
      const at = turn % examples.length;
      const turned = [...examples.slice(at), ...examples.slice(0, at)];
      const { value, low } = differenceOf(sitting(examples));
      expect(differenceOf(sitting(turned)).low).toBeCloseTo(low, 9);
      expect(low).toBeLessThanOrEqual(value);
      const alike = judge(sitting(examples.map((row) => ({ ...row, champion: row.candidate }))));
      const isOne = new Set(examples.map(({ subject }) => subject)).size === 1;
      expect(failing(alike).includes("not_worse_than_champion")).toBe(isOne);
    }),
  );
});

/** Normal deviates by Box and Muller, of a small generator: the same in every run. */
function* deviates(seed: number): Generator<number, never> {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 4_294_967_297;
  };
  for (;;) yield Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

test.each([
  ["few people", 6, 10, 0],
  ["many people", 60, 5, 0],
  ["one person with half of the examples", 12, 10, 110],
])("the interval of a difference covers what it should: %s", (_, persons, each, more) => {
  const random = deviates(7);
  const RUNS = 3_000;
  let covered = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const sat = { candidate: [] as number[], champion: [] as number[], subjects: [] as string[] };
    for (let person = 0; person < persons; person += 1) {
      const own = 0.03 + 0.05 * random.next().value;
      for (let i = 0; i < each + (person === 0 ? more : 0); i += 1) {
        sat.candidate.push(0.5 + own + 0.1 * random.next().value);
        sat.champion.push(0.5);
        sat.subjects.push(String(person));
      }
    }
    const { low, high } = differenceOf(sat);
    if (low <= 0.03 && high >= 0.03) covered += 1;
  }
  // 95 %, three standard deviations of the simulation (0.4 points) and the coarseness of t.
  expect(covered / RUNS).toBeGreaterThan(0.93);
  expect(covered / RUNS).toBeLessThan(0.97);
});

test("lists of different lengths are refused", () => {
  expect(() => judge({ candidate: [1], champion: [], subjects: ["a"] })).toThrow(RangeError);
});
