import { type App, type Sample, seededRandom, shuffled } from "@groundswell/crowd";

import { type Columns, readRows, type Row } from "./read-rows.ts";

export interface NamedFile {
  /** For messages. */
  name: string;
  bytes: Uint8Array;
}

export interface MessagesOptions {
  data: NamedFile;
  columns: Columns;
  /** Rows for the exam; default: a share of the data. */
  exam?: NamedFile | undefined;
  seed: number;
}

const EXAM_SHARE = 0.15;
const MOST_TRAFFIC = 20_000;
const MOST_CLASSES = 1_000;
const MOST_USERS = 400;
const VISITS_A_USER = 20;

/** An app that sorts messages into topics, and whose users correct it. */
export function loadMessages(options: MessagesOptions): { app: App; notes: string[] } {
  const { data, columns, seed } = options;
  const { rows, notes } = readRows(data.bytes, columns, data.name);
  const examined = options.exam && readRows(options.exam.bytes, columns, options.exam.name);
  notes.push(...(examined?.notes ?? []));

  const mixed = shuffled(rows, seededRandom(seed));
  const kept = examined ? 0 : Math.round(mixed.length * EXAM_SHARE);
  const exam = examined?.rows ?? mixed.slice(0, kept);
  const traffic = mixed.slice(kept, kept + MOST_TRAFFIC);
  if (mixed.length - kept > MOST_TRAFFIC)
    notes.push(`${MOST_TRAFFIC} of ${mixed.length - kept} messages are played: enough for a story`);
  const classes = classesOf(traffic, data.name);
  const known = exam.filter(({ label }) => classes.includes(label));
  if (known.length < exam.length)
    notes.push(
      `${exam.length - known.length} rows of the exam have labels that never occur before: left out`,
    );

  return {
    notes,
    app: {
      title: `an app that sorts messages into ${classes.length} topics`,
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
        exam_share: 0.1,
        // Few, since training can't learn from them: with many topics each example counts.
        validation_share: 0.04,
      },
      traffic: traffic.map(sampleOf),
      exam: known.map(sampleOf),
      users: Math.max(10, Math.min(MOST_USERS, Math.round(traffic.length / VISITS_A_USER))),
    },
  };
}

function classesOf(rows: readonly Row[], file: string): string[] {
  const classes = [...new Set(rows.map(({ label }) => label))].toSorted();
  if (classes.length < 2)
    throw new Error(`${file} has ${classes.length} labels: there have to be two at least`);
  if (classes.length > MOST_CLASSES)
    throw new Error(
      `${file} has ${classes.length} labels, and ${MOST_CLASSES} are the most: is --label the right column?`,
    );
  return classes;
}

const sampleOf = ({ text, label }: Row): Sample => ({ inputs: { text }, label });
