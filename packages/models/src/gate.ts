import type { GateReport } from "@groundswell/contracts";

import { shareWithInterval, studentT95 } from "./proportion.ts";

/** What a model asks of a candidate (contracts, `ModelPut.gate`). */
export interface GateSettings {
  /** The least exam accuracy. */
  min_accuracy: number;
  /** How much worse than the champion the lower bound of the difference may be. */
  margin: number;
  /** Fewer exam examples than this prove nothing. */
  min_examples: number;
  /** Nor do fewer people: what two of them say is what two of them say. Default: `LEAST_PERSONS`. */
  min_persons?: number;
}

export const LEAST_PERSONS = 5;

/** Both models' answers to the same exam, in the same order. */
export interface Exam {
  settings: GateSettings;
  /** Of each example, what the answer was worth: from 0, wrong, to 1, right. */
  candidate: readonly number[];
  champion: readonly number[];
  /** Whose example it is: one person's examples are alike, and nobody's count more than another's. */
  subjects: readonly string[];
  /** What each should have been, and all that could be asked: a class that was not is named. */
  targets: readonly string[];
  classes: readonly string[];
  /** Of the model's people, the share that sits the exam: to say how many are needed. */
  examShare: number;
}

/**
 * Judges a candidate against the champion on examples that neither has seen. Every figure is a
 * mean over people of each one's mean, so that nobody's share of it is more than one person's.
 *
 * @throws RangeError where the lists differ in length
 */
export function judgeCandidate(exam: Exam): GateReport {
  const { candidate, champion, subjects, targets, classes } = exam;
  const n = candidate.length;
  if ([champion, subjects, targets].some(({ length }) => length !== n))
    throw new RangeError(
      `${n} answers of the candidate, ${champion.length} of the champion, ` +
        `${subjects.length} subjects, ${targets.length} targets`,
    );
  const own = byPerson(candidate, subjects);
  const others = byPerson(champion, subjects);
  const differences = byPerson(
    candidate.map((score, i) => score - (champion[i] ?? 0)),
    subjects,
  );
  const figures =
    n === 0
      ? { candidate: null, champion: null, difference: null }
      : {
          candidate: shareWithInterval(own, n),
          champion: shareWithInterval(others, n),
          difference: meanWithInterval(differences),
        };
  const asked = new Set(targets);
  const report = {
    ...figures,
    subjects: own.length,
    missing_classes: classes.filter((name) => !asked.has(name)),
  };
  const checks = checksOf(exam, report);
  return { passed: checks.every((check) => check.passed), ...report, checks };
}

function checksOf(
  { settings, candidate: answers, examShare }: Exam,
  { candidate, difference, subjects }: Omit<GateReport, "passed" | "checks">,
): GateReport["checks"] {
  const { min_examples, min_accuracy, margin, min_persons = LEAST_PERSONS } = settings;
  const n = answers.length;
  const nothing = "there is nothing to judge by: no exam examples";
  return [
    {
      name: "min_persons",
      passed: subjects >= min_persons,
      detail:
        `${subjects} ${subjects === 1 ? "person" : "people"} in the exam, at least ${min_persons} needed` +
        (subjects < min_persons ? `: ${needsMore(min_persons - subjects, examShare)}` : ""),
    },
    {
      name: "min_examples",
      passed: n >= min_examples,
      detail: `${n} exam examples, at least ${min_examples} needed`,
    },
    {
      name: "min_accuracy",
      passed: candidate !== null && candidate.value >= min_accuracy,
      detail: candidate
        ? `accuracy ${percent(candidate.value)}, at least ${percent(min_accuracy)} needed`
        : nothing,
    },
    {
      name: "not_worse_than_champion",
      // The tolerance is for rounding: a bound of exactly -margin passes.
      passed: difference !== null && difference.low >= -margin - 1e-12,
      detail: difference
        ? `difference ${points(difference.value)} [${points(difference.low)}, ${points(difference.high)}], ` +
          `its lower bound may not be under ${points(-margin)}`
        : nothing,
    },
  ];
}

const needsMore = (more: number, share: number): string =>
  share > 0
    ? `needs ${more} more people there, which is about ${Math.ceil(more / share)} more who agree to training`
    : `needs ${more} more people, and this model keeps nobody for its exam (exam_share is 0)`;

/** Each one's mean. */
function byPerson(scores: readonly number[], subjects: readonly string[]): number[] {
  const sums = new Map<string, { sum: number; n: number }>();
  for (const [i, subject] of subjects.entries()) {
    const { sum, n } = sums.get(subject) ?? { sum: 0, n: 0 };
    sums.set(subject, { sum: sum + (scores[i] ?? 0), n: n + 1 });
  }
  return [...sums.values()].map(({ sum, n }) => sum / n);
}

/**
 * The mean of people's differences with its 95 % interval, by Student's t with one degree of
 * freedom fewer than there are people. One person alone proves nothing: [-1, 1].
 */
function meanWithInterval(means: readonly number[]): NonNullable<GateReport["difference"]> {
  const n = means.length;
  const value = means.reduce((sum, d) => sum + d, 0) / n;
  if (n < 2) return { value, low: -1, high: 1 };
  const squares = means.reduce((sum, d) => sum + (d - value) ** 2, 0);
  const half = studentT95(n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { value, low: Math.max(-1, value - half), high: Math.min(1, value + half) };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const points = (difference: number) => `${(100 * difference).toFixed(2)} points`;
