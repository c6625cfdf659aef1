import { randomStream } from "@groundswell/autograd";
import type { Provider, ProviderChoice } from "@groundswell/onnx";

import { openForward } from "../forward.ts";
import type { Architecture, Example, ModelSettings, Weights } from "../recipe.ts";
import { architectureOf, recipes } from "../recipes/index.ts";
import { placeOf } from "../targets.ts";
import { copyWeights } from "../weights.ts";
import { type EpochRunner, openEpochRunner, type Seen } from "./epoch-runner.ts";
import { judge, type Judgement } from "./judge.ts";
import { orderOf, partsOf } from "./order.ts";
import { cosineRate, createEarlyStop } from "./schedule.ts";

export interface BatchTraining extends ProviderChoice {
  settings: ModelSettings;
  /** What training begins from. */
  start: Weights;
  train: readonly Example[];
  /** Of other people: says when to stop. Without any, all epochs are run. */
  validation: readonly Example[];
  /** Over the settings of the model's `config.batch`. */
  config: Record<string, unknown>;
  /** Of the order and the augmentation. */
  seed: number;
  /** Bits are the same only for the same number, and the same provider. */
  threads: number;
  /** Milliseconds; only differences count. */
  clock: () => number;
  onProgress: (progress: BatchProgress) => void;
  /** Asked between runs of the graph, some tenths of a second apart. */
  shouldStop: () => boolean;
}

export interface BatchProgress {
  /** From 1; the epoch under way, or the one that has just ended. */
  epoch: number;
  epochs: number;
  /** Mean over the epoch so far. */
  loss: number;
  /** Of the last epoch that was judged. */
  validation: Judgement | null;
  /** What is left if all epochs are run, from the time that those so far took. */
  etaMs: number;
}

export interface TrainedBatch {
  weights: Weights;
  /** False where `shouldStop` ended it. */
  finished: boolean;
  epochs: number;
  /** The epoch whose weights these are. */
  bestEpoch: number;
  /** Of these weights. */
  validation: Judgement | null;
  steps: number;
  /** On what it was trained. */
  provider: Provider;
}

interface Kept extends Seen {
  seq: number;
}

/**
 * Trains a model on a data set: shuffled batches of augmented examples, a cosine of learning
 * rates, and the weights of the epoch that did best on validation.
 *
 * Everything drawn comes from (seed, epoch, position in the ledger): the same data set, settings
 * and seed give the same bits.
 *
 * @throws ZodError for a config that the recipe refuses, RangeError for a target that is no class
 */
export function trainBatch(training: BatchTraining): TrainedBatch {
  const settings = withRunConfig(training.settings, training.config);
  const architecture = architectureOf(settings);
  const keep = keeper(architecture);
  const train = training.train.map(keep);
  const { threads, providers, onFallback } = training;
  const runsOn = { threads, providers, onFallback };
  const runner = openEpochRunner(architecture, training.start, runsOn);
  const forward = openForward(architecture, runsOn);
  const validation = training.validation.map(keep);
  try {
    return runEpochs(training, {
      architecture,
      train,
      runner,
      judged: () =>
        validation.length === 0 ? null : judge(architecture, forward, runner.weights(), validation),
    });
  } finally {
    runner.close();
    forward.close();
  }
}

/** A model's settings with those of a run over its `config.batch`. */
function withRunConfig(settings: ModelSettings, config: Record<string, unknown>): ModelSettings {
  const over = recipes[settings.recipe].runConfig.parse(config);
  const { batch } = settings.config as { batch?: Record<string, unknown> };
  return { ...settings, config: { ...settings.config, batch: { ...batch, ...over } } };
}

function keeper(architecture: Architecture): (example: Example) => Kept {
  const place = placeOf(architecture.classes);
  return ({ seq, input, target, weight }) => ({
    seq,
    features: architecture.features(input),
    place: place(target),
    weight,
  });
}

interface Running {
  architecture: Architecture;
  train: readonly Kept[];
  runner: EpochRunner;
  judged: () => Judgement | null;
}

function runEpochs(training: BatchTraining, running: Running): TrainedBatch {
  const { architecture, train, runner, judged } = running;
  const { epochs, batch_size: size, patience } = architecture.batch;
  const perEpoch = Math.ceil(train.length / size);
  const stop = createEarlyStop(patience);
  const meter = createMeter(training, epochs, epochs * perEpoch);
  const best = { weights: copyWeights(runner.weights()), validation: judged() };
  let epoch = 0;
  let finished = true;
  while (epoch < epochs && !stop.shouldStop(epoch)) {
    epoch += 1;
    finished = runEpoch(training, running, { epoch, total: epochs * perEpoch, meter });
    if (!finished) break;
    const validation = judged();
    meter.judged(epoch, validation);
    if (validation && !stop.see(epoch, validation.loss)) continue;
    Object.assign(best, { weights: copyWeights(runner.weights()), validation });
  }
  const bestEpoch = best.validation ? stop.best : epoch;
  const { provider } = runner;
  return { ...best, finished, epochs: epoch, bestEpoch, steps: meter.steps(), provider };
}

/** @returns false where it was stopped */
function runEpoch(
  { seed, shouldStop }: BatchTraining,
  { architecture, train, runner }: Running,
  { epoch, total, meter }: { epoch: number; total: number; meter: Meter },
): boolean {
  const random = randomStream(seed);
  const { batch_size: size, learning_rate: start } = architecture.batch;
  const whole = train.length - (train.length % size);
  const order = orderOf(train, random, epoch);
  // The last batch may be smaller, and then runs alone: those that run together are of one size.
  const runs = [
    ...partsOf([...partsOf(order.slice(0, whole), size)], runner.together),
    ...partsOf([...partsOf(order.slice(whole), size)], 1),
  ];
  for (const batches of runs) {
    if (shouldStop()) return false;
    const seen = batches.map((batch) =>
      batch.map((example) => ({
        ...example,
        features: architecture.augment(example.features, random, epoch, example.seq),
      })),
    );
    const done = meter.steps();
    const losses = runner.run(
      seen,
      seen.map((_, k) => cosineRate(start, done + k, total)),
    );
    meter.ran(epoch, losses);
  }
  return true;
}

interface Meter {
  steps(): number;
  ran(epoch: number, losses: readonly number[]): void;
  judged(epoch: number, validation: Judgement | null): void;
}

function createMeter({ clock, onProgress }: BatchTraining, epochs: number, total: number): Meter {
  const began = clock();
  let steps = 0;
  let current = 0;
  let losses: number[] = [];
  let validation: Judgement | null = null;
  const tell = (epoch: number) => {
    const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
    const etaMs = ((clock() - began) / steps) * (total - steps);
    onProgress({ epoch, epochs, loss, validation, etaMs });
  };
  return {
    steps: () => steps,
    ran(epoch, more) {
      if (epoch !== current) losses = [];
      current = epoch;
      losses.push(...more);
      steps += more.length;
      tell(epoch);
    },
    judged(epoch, judgement) {
      validation = judgement;
      tell(epoch);
    },
  };
}
