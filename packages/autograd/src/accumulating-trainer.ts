import { openSession, tensor, zeros } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";

import { sumName } from "./accumulation.ts";
import { createDenseState } from "./dense-state.ts";
import type { TrainerState } from "./dense-state.ts";
import { randomStream } from "./random.ts";
import { HYPER, LOSS, nextName } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";

export interface AccumulatingOptions {
  /** Default 1. Bits are the same only for the same number. */
  readonly threads?: number;
  /** The gradients of each part are scaled down to this common length. */
  readonly clip?: number;
  /**
   * Normal noise of `multiplier` · `clip` on the summed gradients, drawn from the seed and the
   * step. With parts of one example each this is DP-SGD (Abadi et al. 2016); `epsilon` says
   * what it is worth.
   */
  readonly noise?: { readonly multiplier: number; readonly seed: number };
}

/** A trainer whose updates are made of several runs over parts of a batch. */
export interface AccumulatingTrainer {
  /** Updates made. */
  readonly t: number;
  /**
   * Adds the gradients of K parts up; `batch` has that leading size. Answers the losses of the
   * parts. May be called as often as memory asks for before `update`.
   */
  add(batch: Readonly<Record<string, Tensor>>): Float32Array;
  /**
   * One update with what was added up, divided by `parts` (default: as many as were added; for
   * DP-SGD the expected size of a batch), after the noise.
   * @throws RangeError where nothing was added
   */
  update(learningRate: number, parts?: number): void;
  parameters(): Record<string, Float32Array>;
  state(): TrainerState;
  close(): void;
}

/**
 * Opens a trainer that accumulates: the update equals that of one big batch, in the memory of
 * a part.
 * @throws GraphError as `TrainStep.byParts` does
 */
export function openAccumulatingTrainer(
  step: TrainStep,
  state: TrainerState,
  { threads = 1, clip, noise }: AccumulatingOptions = {},
): AccumulatingTrainer {
  if (noise !== undefined && clip === undefined) {
    throw new RangeError("Noise is measured in lengths of clipped gradients: it needs clip");
  }
  const models = step.byParts(clip);
  const summing = openSession(models.sum, { threads });
  const applying = openSession(models.apply, { threads });
  const dense = createDenseState(step, state);
  const trained = step.state.filter(({ slot }) => slot === null);
  const empty = (): Record<string, Tensor<"float32">> =>
    Object.fromEntries(
      trained.map(({ name, shape }) => [sumName(name), zeros("float32", shape.map(Number))]),
    );
  let sums = empty();
  let added = 0;

  /** Sums become what the optimiser is given. */
  function prepare(parts: number): void {
    const random = noise && randomStream(noise.seed);
    const deviation = (noise?.multiplier ?? 0) * (clip ?? 0);
    for (const [index, { name }] of trained.entries()) {
      const values = sums[sumName(name)]?.data ?? new Float32Array(0);
      for (let k = 0; k < values.length; k++) {
        const drawn = random === undefined ? 0 : deviation * random.normal(k, dense.t, index);
        values[k] = ((values[k] as number) + drawn) / parts;
      }
    }
  }

  return {
    get t() {
      return dense.t;
    },
    add(batch) {
      const now = dense.now();
      const weights = [...trained, ...step.frozen].map(({ name }) => [name, now[name]] as const);
      const next = empty();
      const into = Object.entries(next).map(([name, value]) => [nextName(name), value] as const);
      const parts = Object.values(batch)[0]?.dims[0] ?? 0;
      const loss = zeros("float32", [parts]);
      const feeds = { ...Object.fromEntries(weights), ...sums, ...batch } as Record<string, Tensor>;
      summing.run(feeds, { ...Object.fromEntries(into), [LOSS]: loss });
      sums = next;
      added += parts;
      return loss.data;
    },
    update(learningRate, parts = added) {
      if (added === 0) throw new RangeError("Nothing was added up");
      prepare(parts);
      const scalars = Float32Array.from(step.optimiser.hyper(learningRate, dense.t + 1));
      const hyper = tensor("float32", [scalars.length], scalars);
      const fed = new Set(applying.inputs);
      const now = Object.entries(dense.now()).filter(([name]) => fed.has(name));
      applying.run({ ...Object.fromEntries(now), ...sums, [HYPER]: hyper }, dense.next());
      dense.advance(1);
      sums = empty();
      added = 0;
    },
    parameters: () => dense.parameters(),
    state: () => dense.state(),
    close() {
      summing.close();
      applying.close();
    },
  };
}
