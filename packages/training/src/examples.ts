import { type FeedbackValue, spelling } from "@groundswell/contracts";

/** What a user said of a prediction. */
export interface Said {
  metric: string;
  /** Null where only a correction was sent. */
  value: FeedbackValue | null;
  /** What it should have been. */
  correction: string | null;
}

type Taught =
  | { target: string; weight: number }
  | { reason: "no_target" | "unknown_class" | "contradiction" };

/**
 * What a feedback teaches a classifier: the correction, or the predicted label where the user
 * said that it was right. That it was wrong, without what would be right, teaches nothing here; nor
 * does a correction to another class of what was called right. Apps that post "wrong" whenever their
 * user chose a class mean the class.
 *
 * @returns the target in the spelling in which the model declares it
 */
export function exampleOf(
  { label }: { label: string },
  said: Said,
  classes: readonly string[],
): Taught {
  if (contradicts(label, said)) return { reason: "contradiction" };
  const named = said.correction ?? (said.value === true ? label : null);
  if (named === null) return { reason: "no_target" };
  const target = classes.includes(named) ? named : classes.find((one) => isSameClass(one, named));
  return target === undefined ? { reason: "unknown_class" } : { target, weight: 1 };
}

/** Whether the prediction was right, by what the user said; null where that doesn't tell. */
export function wasRight({ label }: { label: string }, said: Said): boolean | null {
  const { value, correction } = said;
  if (contradicts(label, said)) return null;
  if (correction !== null) return isSameClass(label, correction);
  return typeof value === "boolean" ? value : null;
}

const contradicts = (label: string, { value, correction }: Said) =>
  value === true && correction !== null && !isSameClass(label, correction);

const isSameClass = (a: string, b: string) => a === b || spelling(a) === spelling(b);
