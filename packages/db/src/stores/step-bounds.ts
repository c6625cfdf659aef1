export interface StepBounds {
  /** New examples in one step, at most. */
  perStep: number;
  /** Of one person in one step, at most. */
  perPerson: number;
}

/** Each goes into the first step that has room, and not too many of its person. */
export function inSteps<Example extends { person: string }>(
  examples: readonly Example[],
  { perStep, perPerson }: StepBounds,
): Example[][] {
  const steps: Example[][] = [];
  /** For each person, the step to look at first: those before it have enough of them. */
  const turns = new Map<string, { at: number; own: number }>();
  let full = 0;
  for (const example of examples) {
    let { at, own } = turns.get(example.person) ?? { at: full, own: 0 };
    if (own >= perPerson) [at, own] = [at + 1, 0];
    while ((steps[at]?.length ?? 0) >= perStep) [at, own] = [at + 1, 0];
    while (steps.length <= at) steps.push([]);
    steps[at]?.push(example);
    turns.set(example.person, { at, own: own + 1 });
    while ((steps[full]?.length ?? 0) >= perStep) full += 1;
  }
  return steps;
}
