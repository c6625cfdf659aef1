import type { RecordedStep } from "@groundswell/db";
import type { Example, WindowRules } from "@groundswell/training";

/** Examples in a form that crosses to another thread without a copy for each input. */
export interface PackedExamples {
  seqs: number[];
  targets: string[];
  weights: number[];
  persons: string[];
  /** Where each input ends in `bytes`. */
  ends: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** Steps without a promotion in them. */
export interface PackedSteps {
  steps: { step: number; examples: number; dropped: number[]; rules: WindowRules }[];
  examples: PackedExamples;
}

/** A Buffer out of a pool would take its whole pool along: inputs are copied into one array. */
export function packExamples(examples: readonly Example[]): PackedExamples {
  const size = examples.reduce((sum, { input }) => sum + input.length, 0);
  const bytes = new Uint8Array(size);
  const ends: number[] = [];
  let end = 0;
  for (const { input } of examples) {
    bytes.set(input, end);
    end += input.length;
    ends.push(end);
  }
  return {
    seqs: examples.map(({ seq }) => seq),
    targets: examples.map(({ target }) => target),
    weights: examples.map(({ weight }) => weight),
    persons: examples.map(({ person }) => person),
    ends,
    bytes,
  };
}

/** Inputs are views of `bytes`. */
export function unpackExamples({
  seqs,
  targets,
  weights,
  persons,
  ends,
  bytes,
}: PackedExamples): Example[] {
  return seqs.map((seq, i) => ({
    seq,
    input: bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
    target: targets[i] ?? "",
    weight: weights[i] ?? 0,
    person: persons[i] ?? "",
  }));
}

export const packSteps = (steps: readonly RecordedStep[]): PackedSteps => ({
  steps: steps.map(({ step, examples, dropped, rules }) => ({
    step,
    examples: examples.length,
    dropped,
    rules,
  })),
  examples: packExamples(steps.flatMap(({ examples }) => examples)),
});

export function unpackSteps({ steps, examples }: PackedSteps) {
  const all = unpackExamples(examples);
  let from = 0;
  return steps.map(({ step, examples: count, dropped, rules }) => {
    const own = all.slice(from, from + count);
    from += count;
    return { step, dropped, rules, examples: own };
  });
}
