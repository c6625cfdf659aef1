import { dataOf, decodeSafetensors, encodeSafetensors, tensor } from "@groundswell/onnx";
import { z } from "zod";

import type { ModelSettings, Weights } from "../recipe.ts";
import { architectureOf } from "../recipes/index.ts";
import type { StepperState } from "../stepper.ts";
import {
  copyWeights,
  decodeWeights,
  encodeWeights,
  readSettings,
  settingsText,
  sorted,
} from "../weights.ts";

/** A learner, whole. */
export interface SavedLearner {
  settings: ModelSettings;
  /** The last step learned. */
  step: number;
  state: StepperState;
  /** Whether the weights began from a promotion or a rollback. */
  rebased: boolean;
  /** Positions in the replay window, oldest first. Their inputs are in the ledger. */
  window: number[];
}

const FORMAT = "groundswell.learner/1";
const WINDOW = "replay.window";

const integer = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const Metadata = z.object({
  format: z.literal(FORMAT),
  settings: z.string(),
  step: integer,
  t: integer,
  rebased: z.enum(["yes", "no"]),
});

export function encodeLearner({
  settings,
  step,
  state,
  rebased,
  window,
}: SavedLearner): Uint8Array {
  const positions = BigInt64Array.from(window, BigInt);
  return encodeSafetensors(
    { ...state.tensors, [WINDOW]: tensor("int64", [window.length], positions) },
    {
      format: FORMAT,
      settings: settingsText(settings),
      step: String(step),
      t: String(state.t),
      rebased: rebased ? "yes" : "no",
    },
  );
}

/**
 * Tensors are views of `bytes`.
 * @throws SafetensorsFormatError, or ZodError for a file that is no saved learner
 */
export function decodeLearner(bytes: Uint8Array): SavedLearner {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { settings, step, t, rebased } = Metadata.parse(metadata);
  const { [WINDOW]: window, ...state } = tensors;
  return {
    settings: readSettings(settings),
    step,
    state: { t, tensors: state },
    rebased: rebased === "yes",
    window: Array.from(dataOf(window, "int64"), Number),
  };
}

/**
 * The weights out of an artifact, for their owner to change: copies.
 *
 * @param kind a version's artifact, or a learner's checkpoint
 * @throws Error where they are not those of a model of these settings
 */
export function readWeights(
  kind: "version" | "checkpoint",
  settings: ModelSettings,
  bytes: Uint8Array,
): Weights {
  const tensors =
    kind === "version" ? allOf(decodeWeights(bytes).weights) : decodeLearner(bytes).state.tensors;
  return copyWeights(sorted(architectureOf(settings), tensors));
}

const allOf = ({ dense, tables }: Weights) => ({ ...dense, ...tables });

/** The weights of a saved learner as a version's artifact. */
export function versionOfLearner(bytes: Uint8Array): Uint8Array {
  const { settings, state } = decodeLearner(bytes);
  return encodeWeights(settings, sorted(architectureOf(settings), state.tensors));
}
