import { randomStream } from "@groundswell/autograd";

import { type Forward, openForward } from "../forward.ts";
import type {
  Example,
  ModelSettings,
  OnlineLearner,
  OnlineSettings,
  OnlineStep,
  Weights,
} from "../recipe.ts";
import { architectureOf } from "../recipes/index.ts";
import { openStepper, type Stepper, type StepperState } from "../stepper.ts";
import { createTargets, placeOf, type Target } from "../targets.ts";
import { copyWeights } from "../weights.ts";
import { createChangeLog } from "./change-log.ts";
import { decodeLearner, encodeLearner } from "./saved.ts";
import { createReplayWindow } from "./window.ts";

/** An example as it is kept for replay: features once made are not made again. */
interface Remembered extends Target {
  seq: number;
  person: string;
  features: unknown;
}

interface Start {
  step: number;
  from: Weights | StepperState;
  rebased: boolean;
  window: readonly Example[];
}

/**
 * A learner that begins with these weights.
 * @param window examples that are known already and may be replayed, oldest first
 */
export function openLearner(
  settings: ModelSettings,
  start: { weights: Weights; step?: number; window?: readonly Example[] },
): OnlineLearner {
  const { weights, step = 0, window = [] } = start;
  return createLearner(settings, { step, from: weights, rebased: step > 0, window });
}

/**
 * A learner as it was saved: it goes on to the same bits.
 * @param recall the examples at the positions that it asks for, in any order; those that are gone stay away
 */
export function restoreLearner(
  saved: Uint8Array,
  recall: (seqs: readonly number[]) => readonly Example[],
): OnlineLearner {
  const { settings, step, state, rebased, window } = decodeLearner(saved);
  const known = new Map(recall(window).map((example) => [example.seq, example]));
  const examples = window.flatMap((seq) => known.get(seq) ?? []);
  // The stepper writes into its tables; `saved` is the caller's.
  const own = copyWeights({ dense: state.tensors, tables: {} }).dense;
  const from = { t: state.t, tensors: own };
  return createLearner(settings, { step, from, rebased, window: examples });
}

function createLearner(settings: ModelSettings, start: Start): OnlineLearner {
  const architecture = architectureOf(settings);
  const { online } = architecture;
  const random = randomStream(settings.seed);
  const place = placeOf(architecture.classes);
  const targets = createTargets(architecture.classes.length);
  const batcher = architecture.createBatcher();
  const changed = createChangeLog(architecture);
  const remember = ({ seq, input, target, weight, person }: Example): Remembered => ({
    seq,
    person,
    features: architecture.features(input),
    place: place(target),
    weight,
  });
  const window = createReplayWindow<Remembered>(
    online.window,
    shareOf(online),
    start.window.map(remember),
  );
  let stepper = openStepper(architecture, online.optimiser, start.from);
  let { step, rebased } = start;
  let forward: Forward | undefined;

  /**
   * Learned examples in other forms than they came in: seen again as they were, they would be
   * learned by heart. Draws are counted by the step, so that they don't depend on how the learner
   * came here.
   */
  const replayed = (at: number): Remembered[] => {
    const { entries } = window;
    if (entries.length === 0) return [];
    return Array.from({ length: online.replay }, (_, k) => {
      const one = entries[random.below(entries.length, k, at, REPLAY)] as Remembered;
      return { ...one, features: architecture.augment(one.features, random, at, one.seq) };
    });
  };
  const follow = (next: number) => {
    if (next <= step) throw new RangeError(`Step ${next} comes after step ${step}`);
    step = next;
  };

  return {
    get step() {
      return step;
    },
    get persons() {
      return window.persons;
    },
    learn({ step: next, examples, dropped, rules }: OnlineStep) {
      const fresh = examples.map(remember);
      follow(next);
      window.drop(dropped);
      if (fresh.length === 0) return { loss: null };
      const seen = [...fresh, ...replayed(next)];
      const together = batcher.together(seen.map(({ features }) => features));
      const rate = rebased ? online.learning_rate_after_promotion : online.learning_rate;
      const loss = stepper.step(together, targets(seen), rate);
      changed.note(together.rows);
      window.remember(fresh, rules);
      return { loss };
    },
    rebase({ step: next, weights, dropped }) {
      follow(next);
      window.drop(dropped);
      stepper.close();
      stepper = openStepper(architecture, online.optimiser, weights);
      rebased = true;
      changed.forget();
    },
    changes: () => changed.take(stepper.live()),
    weights: () => copyTables(stepper),
    save: () =>
      encodeLearner({
        settings,
        step,
        state: stepper.state(),
        rebased,
        window: window.entries.map(({ seq }) => seq),
      }),
    predict(inputs) {
      forward ??= openForward(architecture);
      return forward.run(
        batcher.together(inputs.map((input) => architecture.features(input))),
        stepper.live(),
      );
    },
    close() {
      stepper.close();
      forward?.close();
    },
  };
}

const shareOf = ({ window, voice }: OnlineSettings) => ({
  most: Math.max(1, Math.floor(voice.share * window)),
  from: voice.from,
});

/** Tells the draws of what is replayed from those of its form, which are by position: from 1. */
const REPLAY = 0;

function copyTables(stepper: Stepper): Weights {
  const { dense, tables } = stepper.live();
  return { dense, tables: copyWeights({ dense: {}, tables }).tables };
}
