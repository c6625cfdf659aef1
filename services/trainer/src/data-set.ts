import { createHash } from "node:crypto";

import type { RunView } from "@groundswell/contracts";
import type { DatasetRow } from "@groundswell/db";
import type { Example, VoiceSettings } from "@groundswell/training";

/** What a run learns from, cut once. */
export interface DataSet {
  cutAtStep: number;
  train: DatasetRow[];
  validation: DatasetRow[];
  exam: DatasetRow[];
}

/** A run that no second try would help: its reason is for whoever started it. */
export class CannotTrain extends Error {
  override readonly name = "CannotTrain";
}

const LEAST_EXAMPLES = 20;

/**
 * @param voice how much of what is learned may be one person's
 * @throws CannotTrain where there is too little to learn from
 */
export function splitRows(
  rows: readonly DatasetRow[],
  cutAtStep: number,
  voice: Pick<VoiceSettings, "from" | "share">,
): DataSet {
  const of = (split: DatasetRow["split"]) => rows.filter((row) => row.split === split);
  const train = boundVoices(of("train"), voice);
  if (train.length < LEAST_EXAMPLES)
    throw new CannotTrain(
      `There are ${train.length} examples to train on, ${LEAST_EXAMPLES} are the least: ` +
        "feedback teaches where its subject agreed to model_training and is not held out",
    );
  const classes = new Set(train.map(({ target }) => target));
  if (classes.size < 2)
    throw new CannotTrain(
      `All examples are of one class (${[...classes].join()}): two are the least`,
    );
  return { cutAtStep, train, validation: of("validation"), exam: of("exam") };
}

/**
 * The same rows, with those of whoever said more than their share counting less: together as much as
 * the share of what all count then. The exam weighs people alike in its own way.
 */
export function boundVoices(
  rows: readonly DatasetRow[],
  { from, share }: Pick<VoiceSettings, "from" | "share">,
): DatasetRow[] {
  const counts = new Map<string, number>();
  for (const { subjectId } of rows) counts.set(subjectId, (counts.get(subjectId) ?? 0) + 1);
  if (counts.size < from) return [...rows];
  const most = mostEach([...counts.values()], share);
  return rows.map((row) => {
    const own = counts.get(row.subjectId) ?? 1;
    return own > most ? { ...row, weight: (row.weight * most) / own } : row;
  });
}

/** The greatest `most` with `most ≤ share · Σ min(count, most)`, and at least one example. */
function mostEach(counts: readonly number[], share: number): number {
  let most = Math.max(...counts);
  for (let i = 0; i < 100; i += 1) {
    const all = counts.reduce((sum, count) => sum + Math.min(count, most), 0);
    const next = Math.max(1, share * all);
    if (next >= most) break;
    most = next;
  }
  return most;
}

export const examplesOf = (rows: readonly DatasetRow[]): Example[] =>
  rows.map(({ seq, input, target, weight, subjectId: person }) => ({
    seq,
    input,
    target,
    weight,
    person,
  }));

const subjectsOf = (rows: readonly DatasetRow[]) =>
  new Set(rows.map(({ subjectId }) => subjectId)).size;

/** As the API shows it. */
export const viewDataSet = ({
  cutAtStep,
  train,
  validation,
  exam,
}: DataSet): NonNullable<RunView["dataset"]> => ({
  train: train.length,
  validation: validation.length,
  exam: exam.length,
  subjects: {
    train: subjectsOf(train),
    validation: subjectsOf(validation),
    exam: subjectsOf(exam),
  },
  cut_at_step: cutAtStep,
});

/** Says exactly which rows, without naming anybody: the same rows give the same digest. */
export function traceOf(rows: readonly DatasetRow[]) {
  const seqs = rows.map(({ seq }) => seq);
  const sha256 = createHash("sha256").update(seqs.join(",")).digest("hex");
  return { first_seq: seqs[0] ?? null, last_seq: seqs.at(-1) ?? null, count: seqs.length, sha256 };
}
