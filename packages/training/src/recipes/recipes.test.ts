import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { trainBatch } from "../batch/train.ts";
import { bestOf } from "../forward.ts";
import { openLearner, restoreLearner } from "../online/learner.ts";
import { versionOfLearner } from "../online/saved.ts";
import { openPredictor } from "../predictor.ts";
import type { Example, ModelSettings, OnlineLearner, OnlineStep } from "../recipe.ts";
import { copyWeights, decodeWeights, encodeWeights, initialWeights } from "../weights.ts";
import { recipes } from "./index.ts";

interface Toy {
  settings: ModelSettings;
  /** Inputs of a request of this class; `k` tells them apart. */
  inputOf: (target: string, k: number) => Uint8Array;
  /** In the stored form, and with nothing in it. */
  nothing: Uint8Array;
}

const online = { replay: 4, window: 8 };

const TOYS: Record<string, Toy> = {
  "image-classifier": {
    settings: {
      recipe: "image-classifier",
      classes: ["left", "right"],
      config: { width: 6, height: 6, hidden: 12, online: { ...online, learning_rate: 0.01 } },
      seed: 5,
    },
    inputOf: (target, k) =>
      Uint8Array.from({ length: 36 }, (_, i) => {
        const bright = i % 6 < 3 === (target === "left");
        return bright ? 180 + ((k * 7 + i) % 70) : (k * 5 + i) % 40;
      }),
    nothing: new Uint8Array(36),
  },
  "text-classifier": {
    settings: {
      recipe: "text-classifier",
      classes: ["card", "transfer", "грош"],
      config: { buckets: 1024, width: 8, online },
      seed: 5,
    },
    inputOf: (target, k) => {
      const said = { card: "my card is stuck", transfer: "转账还没有到", грош: "где мои деньги" }[
        target
      ];
      return Buffer.from(`${said} ${k % 3 === 0 ? "please" : "now"} ${k}`);
    },
    nothing: Buffer.from("?!"),
  },
};

const examplesOf = ({ settings, inputOf }: Toy, count: number): Example[] =>
  Array.from({ length: count }, (_, k) => {
    const target = settings.classes[k % settings.classes.length] ?? "";
    return { seq: k + 1, input: inputOf(target, k), target, weight: 1, person: `p${k % 4}` };
  });

const accuracyOf = ({ settings, inputOf }: Toy, model: Pick<OnlineLearner, "predict">): number => {
  const { classes } = settings;
  const asked = classes.flatMap((target) => [1001, 1002, 1003].map((k) => ({ target, k })));
  const best = bestOf(
    model.predict(asked.map(({ target, k }) => inputOf(target, k))),
    classes.length,
  );
  return asked.filter(({ target }, i) => classes[best[i] ?? -1] === target).length / asked.length;
};

/** The same examples cut into steps of these sizes; some fall out of the window again. */
function cutInSteps(
  examples: readonly Example[],
  sizes: readonly number[],
  drops: readonly (number | undefined)[],
): OnlineStep[] {
  let from = 0;
  return sizes.map((size, i) => {
    const part = examples.slice(from, from + size);
    from += size;
    const dropped = drops[i] === undefined ? [] : [drops[i]];
    return { step: i + 1, examples: part, dropped, rules: 1 };
  });
}

const fresh = (toy: Toy) => openLearner(toy.settings, { weights: initialWeights(toy.settings) });

function learnAll(learner: OnlineLearner, steps: readonly OnlineStep[]): Uint8Array {
  for (const step of steps) learner.learn(step);
  const saved = learner.save();
  learner.close();
  return saved;
}

test("there is a toy for every recipe", () => {
  expect(Object.keys(TOYS).sort()).toEqual(Object.keys(recipes).sort());
});

describe.each(Object.entries(TOYS))("%s", (_name, toy) => {
  const { settings } = toy;
  const steps = fc.record({
    sizes: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }),
    drops: fc.array(fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }), {
      maxLength: 8,
    }),
    at: fc.nat(8),
  });

  test("learns online what can be told apart", () => {
    const learner = fresh(toy);
    for (const step of cutInSteps(examplesOf(toy, 240), Array(60).fill(4), [])) learner.learn(step);
    expect(accuracyOf(toy, learner)).toBe(1);
    learner.close();
  });

  test("learns in batches what can be told apart, and says how far it is", () => {
    const epochs: number[] = [];
    const trained = trainBatch({
      settings,
      start: initialWeights(settings),
      train: examplesOf(toy, 90),
      validation: examplesOf(toy, 12),
      config: { epochs: 15, batch_size: 8, learning_rate: 0.01 },
      seed: 1,
      threads: 1,
      clock: () => 0,
      onProgress: ({ epoch }) => epochs.push(epoch),
      shouldStop: () => false,
    });
    expect(trained.validation?.accuracy).toBe(1);
    expect(trained.finished).toBe(true);
    expect(new Set(epochs).size).toBe(trained.epochs);
    const predictor = openPredictor(settings, trained.weights);
    expect(accuracyOf(toy, predictor)).toBe(1);
    predictor.close();
  });

  test("saved after any step and restored, it ends in the same bits", () => {
    const examples = examplesOf(toy, 40);
    fc.assert(
      fc.property(steps, ({ sizes, drops, at }) => {
        const all = cutInSteps(examples, sizes, drops);
        const whole = learnAll(fresh(toy), all);
        const half = learnAll(fresh(toy), all.slice(0, at));
        const recall = (seqs: readonly number[]) =>
          examples.filter(({ seq }) => seqs.includes(seq));
        const resumed = learnAll(restoreLearner(half, recall), all.slice(at));
        expect(Buffer.compare(resumed, whole)).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  test("a step without examples moves nothing but the step", () => {
    const learner = fresh(toy);
    const [first, ...rest] = cutInSteps(examplesOf(toy, 6), [3, 0, 3], []);
    if (first) learner.learn(first);
    const before = learner.weights();
    expect(learner.learn({ step: 2, examples: [], dropped: [], rules: 1 })).toEqual({ loss: null });
    expect(learner.weights()).toEqual(before);
    expect(learner.step).toBe(2);
    expect(() => learner.learn({ step: 2, examples: [], dropped: [], rules: 1 })).toThrow(
      RangeError,
    );
    expect(rest).toHaveLength(2);
    learner.close();
  });

  test("changes make of old weights what the whole is", () => {
    const learner = fresh(toy);
    const predictor = openPredictor(settings, learner.weights());
    const inputs = examplesOf(toy, 6).map(({ input }) => input);
    for (const step of cutInSteps(examplesOf(toy, 30), [4, 0, 9, 2, 15], [])) {
      learner.learn(step);
      if (step.step % 2 === 0) continue;
      predictor.apply(learner.changes());
      expect(predictor.weights()).toEqual(learner.weights());
      expect(predictor.predict(inputs)).toEqual(learner.predict(inputs));
    }
    learner.close();
    predictor.close();
  });

  test("one input alone gets nearly what it gets among others", () => {
    const predictor = openPredictor(settings, initialWeights(settings));
    const inputs = examplesOf(toy, 5).map(({ input }) => input);
    const together = predictor.predict(inputs);
    const alone = inputs.flatMap((input) => Array.from(predictor.predict([input])));
    expect(together).toHaveLength(alone.length);
    for (const [i, probability] of alone.entries()) expect(together[i]).toBeCloseTo(probability, 5);
    predictor.close();
  });

  test("nothing to go by is answered and learned from all the same", () => {
    const learner = fresh(toy);
    const { classes } = settings;
    learner.learn({
      step: 1,
      examples: [{ seq: 1, input: toy.nothing, target: classes[0] ?? "", weight: 1, person: "p" }],
      dropped: [],
      rules: 1,
    });
    const answer = learner.predict([toy.nothing]);
    expect(answer).toHaveLength(classes.length);
    expect(Array.from(answer).reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
    expect(learner.predict([])).toHaveLength(0);
    learner.close();
  });

  test("weights begun anew keep the window and nothing of the optimiser", () => {
    const examples = examplesOf(toy, 12);
    const other = initialWeights({ ...settings, seed: 99 });
    const moved = fresh(toy);
    moved.learn({ step: 1, examples: examples.slice(0, 6), dropped: [], rules: 1 });
    moved.rebase({ step: 2, weights: copyWeights(other), dropped: [1] });
    const begun = openLearner(settings, { weights: other, step: 2, window: examples.slice(1, 6) });
    const last: OnlineStep = { step: 3, examples: examples.slice(6), dropped: [], rules: 1 };
    expect(Buffer.compare(learnAll(moved, [last]), learnAll(begun, [last]))).toBe(0);
  });

  test("a saved learner is a version too", () => {
    const learner = fresh(toy);
    learner.learn({ step: 1, examples: examplesOf(toy, 6), dropped: [], rules: 1 });
    const version = decodeWeights(versionOfLearner(learner.save()));
    expect(version.weights).toEqual(learner.weights());
    expect(version.settings).toEqual(settings);
    learner.close();
  });

  test("the same settings begin with the same weights, which a file keeps", () => {
    const bytes = encodeWeights(settings, initialWeights(settings));
    expect(Buffer.compare(bytes, encodeWeights(settings, initialWeights(settings)))).toBe(0);
    expect(decodeWeights(bytes).weights).toEqual(initialWeights(settings));
  });

  test("weights of another shape are refused", () => {
    const other = { ...settings, classes: [...settings.classes, "one more"] };
    expect(() => openPredictor(settings, initialWeights(other))).toThrow(/output/);
  });

  test("a class that the model doesn't have is refused before anything moves", () => {
    const learner = fresh(toy);
    const before = learner.weights();
    const [example] = examplesOf(toy, 1);
    if (!example) throw new Error("no example");
    const wrong: OnlineStep = {
      step: 1,
      examples: [{ ...example, target: "unheard of" }],
      dropped: [],
      rules: 1,
    };
    expect(() => learner.learn(wrong)).toThrow(RangeError);
    expect(learner.weights()).toEqual(before);
    expect(learner.step).toBe(0);
    learner.close();
  });
});
