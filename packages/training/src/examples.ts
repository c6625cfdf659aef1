/** What a user said of a prediction. */
export interface Said {
  metric: string;
  value: boolean | number | string;
  /** What it should have been. */
  correction: string | null;
}

/**
 * What a feedback teaches a classifier: the correction, or the predicted label where the user
 * said that it was right. That it was wrong, without what would be right, teaches nothing here.
 */
export function exampleOf(
  { label }: { label: string },
  { value, correction }: Said,
  classes: readonly string[],
): { target: string; weight: number } | { reason: "no_target" | "unknown_class" } {
  const target = correction ?? (value === true ? label : null);
  if (target === null) return { reason: "no_target" };
  if (!classes.includes(target)) return { reason: "unknown_class" };
  return { target, weight: 1 };
}

/** Whether the prediction was right, by what the user said; null where that doesn't tell. */
export function wasRight(
  { label }: { label: string },
  { value, correction }: Said,
): boolean | null {
  if (correction !== null) return label === correction;
  return typeof value === "boolean" ? value : null;
}
