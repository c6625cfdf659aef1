import type { RecordedStep } from "@groundswell/db";
import type { Example } from "@groundswell/training";

/** Examples in a form that crosses to another thread without a copy for each input. */
export interface PackedExamples {
  seqs: number[];
  targets: string[];
  weights: number[];
  /** Where each input ends in `bytes`. */
  ends: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** Steps without a promotion in them. */
export interface PackedSteps {
  steps: { step: number; examples: number; dropped: number[] }[];
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
    ends,
    bytes,
  };
}

/** Inputs are views of `bytes`. */
export function unpackExamples({ seqs, targets, weights, ends, bytes }: PackedExamples): Example[] {
  return seqs.map((seq, i) => ({
    seq,
    input: bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]),
    target: targets[i] ?? "",
    weight: weights[i] ?? 0,
  }));
}

export const packSteps = (steps: readonly RecordedStep[]): PackedSteps => ({
  steps: steps.map(({ step, examples, dropped }) => ({ step, examples: examples.length, dropped })),
  examples: packExamples(steps.flatMap(({ examples }) => examples)),
});

export function unpackSteps({ steps, examples }: PackedSteps) {
  const all = unpackExamples(examples);
  let from = 0;
  return steps.map(({ step, examples: count, dropped }) => {
    const own = all.slice(from, from + count);
    from += count;
    return { step, dropped, examples: own };
  });
}
