import { type App, count, examShareOf, type Sample, splitLabelled } from "@groundswell/crowd";

import type { Columns } from "./columns.ts";
import { readRows, type Row } from "./read-rows.ts";
import type { NamedFile } from "./read-table.ts";

export interface MessagesOptions {
  data: NamedFile;
  columns: Columns;
  /** Rows for the exam; default: a share of the data. */
  exam?: NamedFile | undefined;
  seed: number;
}

const MOST_TRAFFIC = 20_000;

/**
 * An app that sorts messages into topics, and whose users correct it.
 *
 * @throws Error where a file can't be used, or has too little for a story
 */
export async function loadMessages(
  options: MessagesOptions,
): Promise<{ app: App; notes: string[] }> {
  const { data, columns, seed } = options;
  const { rows, notes } = await readRows(data, columns);
  const examined = options.exam && (await readRows(options.exam, columns));
  const split = splitLabelled({
    items: rows,
    exam: examined?.rows,
    from: data.name,
    noun: "message",
    leftOut: notes,
    most: MOST_TRAFFIC,
    seed,
  });
  const { traffic, classes } = split;
  return {
    notes: [...notes, ...(examined?.notes ?? []), ...split.notes],
    app: {
      title: `an app that sorts messages into ${count(classes.length, "topic")}`,
      things: "messages",
      model: "messages",
      settings: {
        recipe: "text-classifier",
        classes,
        // What a killed process had answered must be found by the feedback that follows.
        log_predictions: "before",
        // With some hundreds of examples the interval of the difference reaches two to three points
        // to each side: a smaller margin would pass only what is better by as much.
        gate: { margin: 0.03, min_examples: Math.min(200, Math.ceil(traffic.length / 40)) },
        exam_share: examShareOf(split.users),
        // Few, since training can't learn from them: with many topics each example counts.
        validation_share: 0.04,
      },
      traffic: traffic.map(sampleOf),
      exam: split.exam.map(sampleOf),
      users: split.users,
    },
  };
}

const sampleOf = ({ text, label }: Row): Sample => ({ inputs: { text }, label });
