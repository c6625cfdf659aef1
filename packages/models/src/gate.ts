import type { GateReport } from "@groundswell/contracts";

import { studentT95, wilson } from "./proportion.ts";

/** What a model asks of a candidate (contracts, `ModelPut.gate`). */
export interface GateSettings {
  /** The least exam accuracy. */
  min_accuracy: number;
  /** How much worse than the champion the lower bound of the difference may be. */
  margin: number;
  /** Fewer exam examples than this prove nothing. */
  min_examples: number;
}

/** Both models' answers to the same exam, in the same order. */
export interface Exam {
  settings: GateSettings;
  /** Whether each example was answered right. */
  candidate: readonly boolean[];
  champion: readonly boolean[];
  /** Whose example it is: one person's examples are alike, and count as one sample of many. */
  subjects: readonly string[];
}

/**
 * Judges a candidate against the champion on examples that neither has seen.
 *
 * @throws RangeError where the three lists differ in length
 */
export function judgeCandidate({ settings, candidate, champion, subjects }: Exam): GateReport {
  const n = candidate.length;
  if (champion.length !== n || subjects.length !== n)
    throw new RangeError(
      `${n} answers of the candidate, ${champion.length} of the champion, ${subjects.length} subjects`,
    );
  const candidateShare = wilson(candidate.filter(Boolean).length, n);
  const championShare = wilson(champion.filter(Boolean).length, n);
  const differences = candidate.map((right, i) => Number(right) - Number(champion[i]));
  const difference = clusteredMean(differences, subjects);
  const { min_examples, min_accuracy, margin } = settings;
  const checks = [
    {
      name: "min_examples",
      passed: n >= min_examples,
      detail: `${n} exam examples, at least ${min_examples} needed`,
    },
    {
      name: "min_accuracy",
      passed: n > 0 && candidateShare.value >= min_accuracy,
      detail: `accuracy ${percent(candidateShare.value)}, at least ${percent(min_accuracy)} needed`,
    },
    {
      name: "not_worse_than_champion",
      // The tolerance is for rounding: a bound of exactly -margin passes.
      passed: n > 0 && difference.low >= -margin - 1e-12,
      detail:
        `difference ${points(difference.value)} [${points(difference.low)}, ${points(difference.high)}], ` +
        `its lower bound may not be under ${points(-margin)}`,
    },
  ];
  return {
    passed: checks.every((check) => check.passed),
    candidate: candidateShare,
    champion: championShare,
    difference,
    subjects: new Set(subjects).size,
    checks,
  };
}

/**
 * Mean of paired differences with its 95 % interval, robust to any likeness within a subject (Liang and Zeger
 * 1986: residuals are summed within a cluster before they are squared), by Student's t with
 * one degree of freedom fewer than there are subjects. One subject alone proves nothing: [-1, 1].
 */
function clusteredMean(
  differences: readonly number[],
  subjects: readonly string[],
): GateReport["difference"] {
  const n = differences.length;
  const mean = n === 0 ? 0 : differences.reduce((sum, d) => sum + d, 0) / n;
  const residuals = new Map<string, number>();
  for (const [i, subject] of subjects.entries())
    residuals.set(subject, (residuals.get(subject) ?? 0) + (differences[i] ?? 0) - mean);
  const clusters = residuals.size;
  if (clusters < 2) return { value: mean, low: -1, high: 1 };
  const squares = [...residuals.values()].reduce((sum, r) => sum + r * r, 0);
  const error = Math.sqrt((clusters / (clusters - 1)) * squares) / n;
  const half = studentT95(clusters - 1) * error;
  return { value: mean, low: Math.max(-1, mean - half), high: Math.min(1, mean + half) };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const points = (difference: number) => `${(100 * difference).toFixed(2)} points`;
