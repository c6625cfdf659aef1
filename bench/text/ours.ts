import {
  bestOf,
  initialWeights,
  type ModelSettings,
  openLearner,
  openPredictor,
  recipes,
  trainBatch,
} from "@groundswell/training";

import type { Message } from "./banking77.ts";

/** New examples in a step of online learning, as the learner takes them. */
const PER_STEP = 16;
/** Where progressive accuracy is read off. */
export const MARKS = [1_000, 2_000, 5_000, 10_000];

export interface OnlineResult {
  /** Percent right of the first so many messages, each predicted before its label was seen. */
  progressive: number[];
  /** Percent right on held messages afterwards. */
  held: number;
  seconds: number;
}

export interface BatchResult {
  held: number;
  seconds: number;
}

export interface Task {
  classes: readonly string[];
  train: readonly Message[];
  held: readonly Message[];
  seed: number;
  /** Over the recipe's defaults. */
  config?: { width?: number; online?: object; batch?: object };
}

const settingsOf = ({ classes, seed, config = {} }: Task): ModelSettings => ({
  recipe: "text-classifier",
  classes,
  config: recipes["text-classifier"].config.parse(config),
  seed,
});

const inputOf = ({ text }: Message) => Buffer.from(text);
const exampleOf = (message: Message) => ({
  seq: message.row + 1,
  input: inputOf(message),
  target: message.label,
  weight: 1,
  person: String(message.row),
});

interface Predicts {
  predict: (inputs: readonly Uint8Array[]) => Float32Array;
}

function countRight(model: Predicts, { classes }: Task, messages: readonly Message[]): number {
  let right = 0;
  for (let from = 0; from < messages.length; from += 256) {
    const part = messages.slice(from, from + 256);
    const best = bestOf(model.predict(part.map(inputOf)), classes.length);
    right += part.filter(({ label }, i) => classes[best[i] ?? -1] === label).length;
  }
  return right;
}

const percent = (right: number, of: number) => (100 * right) / of;

/** Messages as a stream: predict, then learn. */
export function learnOnline(task: Task): OnlineResult {
  const settings = settingsOf(task);
  const learner = openLearner(settings, { weights: initialWeights(settings) });
  const model: Predicts = { predict: (inputs) => learner.predict(inputs) };
  const progressive: number[] = [];
  const began = performance.now();
  let right = 0;
  let step = 0;
  for (let from = 0; from < task.train.length; from += PER_STEP) {
    const part = task.train.slice(from, from + PER_STEP);
    right += countRight(model, task, part);
    step += 1;
    learner.learn({ step, examples: part.map(exampleOf), dropped: [], rules: 1 });
    const seen = from + part.length;
    for (const mark of MARKS)
      if (from < mark && mark <= seen) progressive.push(percent(right, seen));
  }
  const seconds = (performance.now() - began) / 1_000;
  const held = percent(countRight(model, task, task.held), task.held.length);
  learner.close();
  return { progressive, held, seconds };
}

/** The same messages as a data set. All epochs are run: nothing is held back to stop early. */
export function learnInBatches(task: Task): BatchResult {
  const settings = settingsOf(task);
  const began = performance.now();
  const { weights } = trainBatch({
    settings,
    start: initialWeights(settings),
    train: task.train.map(exampleOf),
    validation: [],
    config: {},
    seed: task.seed,
    threads: 1,
    clock: () => performance.now(),
    onProgress: () => {},
    shouldStop: () => false,
  });
  const seconds = (performance.now() - began) / 1_000;
  const predictor = openPredictor(settings, weights);
  const model: Predicts = { predict: (inputs) => predictor.predict(inputs) };
  const held = percent(countRight(model, task, task.held), task.held.length);
  predictor.close();
  return { held, seconds };
}
