import { isStatic, sizeOf } from "@groundswell/onnx";

import { isTable } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";
import type { TrainerMode } from "./trainer.ts";

/** What there is to train, and what may be waited for. */
export interface TrainingSituation {
  /** Of parameters that train and their optimiser's slots: `stateBytesOf`. */
  readonly stateBytes: number;
  /** How long one step computes, in milliseconds, as measured or as guessed. */
  readonly stepMs: number;
  /** How long a run may keep its thread, in milliseconds: it can't be interrupted. */
  readonly latencyMs: number;
  /** True where all rows lie in memory as tensors, to be drawn from by index. */
  readonly inMemory: boolean;
  /** True for a step with tables, whose rows differ from step to step. */
  readonly tables: boolean;
}

export interface ChosenMode {
  readonly mode: TrainerMode;
  /** Steps a run. */
  readonly steps: number;
  /** For a log. */
  readonly reason: string;
}

/**
 * What a run costs beside its steps: entering the runtime, and copying the state out of it,
 * which the binding does even where it has written in place. Orders of magnitude, from
 * `pnpm bench:run-overhead`.
 */
const ENTRY_MS = 0.025;
const COPY_MS_PER_MEGABYTE = 0.65;

/** A run is long enough when no more than this share of it is such cost. */
const NEGLIGIBLE = 0.05;

/** More steps a run than this gain nothing, and a run should say how it goes. */
const MOST_STEPS = 1000;

/**
 * How many steps to make a run, and by which model of the step: as many as it takes for a run's
 * own cost to be negligible, as far as `latencyMs` and the memory of stacked batches allow.
 */
export function chooseMode(situation: TrainingSituation): ChosenMode {
  const { stateBytes, stepMs, latencyMs, inMemory, tables } = situation;
  if (tables) return { mode: "one", steps: 1, reason: "the rows of tables differ by step" };
  const costMs = ENTRY_MS + (COPY_MS_PER_MEGABYTE * stateBytes) / 1e6;
  const wanted = Math.ceil(costMs / (NEGLIGIBLE * stepMs));
  const allowed = Math.floor((latencyMs - costMs) / stepMs);
  const steps = Math.max(1, Math.min(wanted, allowed, MOST_STEPS));
  const share = costMs / (costMs + stepMs);
  if (steps === 1) {
    const reason =
      wanted <= 1
        ? `a run costs ${percent(share)} beside its step`
        : `a second step would take longer than ${latencyMs} ms`;
    return { mode: "one", steps, reason };
  }
  return {
    mode: inMemory ? "epoch" : "many",
    steps,
    reason: `${percent(share)} of a run with one step would be for the run itself`,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Bytes of what a step takes and gives back changed; tables aside, which it is handed. */
export const stateBytesOf = (step: TrainStep): number =>
  step.state.reduce(
    (sum, state) =>
      isTable(state) || !isStatic(state.shape) ? sum : sum + 4 * sizeOf(state.shape),
    0,
  );
