import { createHash } from "node:crypto";

import {
  dataOf,
  decodeSafetensors,
  encodeSafetensors,
  numericClass,
  sameShape,
  showShape,
  tensor,
} from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";

import { knownSizes } from "./dense-state.ts";
import type { TrainerState } from "./dense-state.ts";
import { isTable } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";

/** All that training needs to go on as if it had never stopped. */
export interface Checkpoint {
  readonly state: TrainerState;
  /** What the random numbers of the training are drawn from; with `state.t` it says which come next. */
  readonly seed: number;
  /**
   * By state name, whole: what the owner of tables holds, parameters and optimiser slots.
   * float32 [rows, ...].
   */
  readonly tables?: Readonly<Record<string, Tensor>>;
  /** Numbers of the caller's own, such as an epoch and the place within it. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** A checkpoint that was read. */
export interface ReadCheckpoint extends Required<Checkpoint> {
  /**
   * `numericClass` of the machine that wrote it, and its threads. Going on from here gives the
   * bits that going on there would have given only where both are the same.
   */
  readonly writtenBy: string;
}

/** The bytes are no checkpoint, a damaged one, or one of another step. */
export class CheckpointRefused extends Error {
  override readonly name = "CheckpointRefused";
  readonly code = "CHECKPOINT_REFUSED";
}

const FORMAT = "groundswell-checkpoint 1";

/**
 * One file of the safetensors layout: a tensor for each state, by its name, and what else there
 * is as metadata. The same content gives the same bytes.
 * @param threads of the trainer
 * @throws RangeError where the state isn't one of this step
 */
export function encodeCheckpoint(
  step: TrainStep,
  checkpoint: Checkpoint,
  threads: number,
): Uint8Array {
  const { state, seed, tables = {}, counters = {} } = checkpoint;
  const dense = heldByTrainer(step).map(({ name, shape }) => {
    const values = state.values[name];
    if (values === undefined) throw new RangeError(`The state lacks "${name}"`);
    return [name, tensor("float32", knownSizes(name, shape), Float32Array.from(values))] as const;
  });
  const owned = step.state.filter(isTable).map(({ name }) => {
    const table = tables[name];
    if (table === undefined) throw new RangeError(`The table "${name}" is missing`);
    return [name, table] as const;
  });
  return encodeSafetensors(Object.fromEntries([...dense, ...owned]), {
    format: FORMAT,
    step: identityOf(step),
    optimiser: step.optimiser.name,
    t: String(state.t),
    seed: String(seed),
    counters: JSON.stringify(counters),
    writtenBy: `${numericClass()} threads ${threads}`,
  });
}

/**
 * Reads a checkpoint of `step`.
 * @throws CheckpointRefused where it was written for another step, or lacks something;
 *   SafetensorsFormatError for bytes that are no such file
 */
export function decodeCheckpoint(step: TrainStep, bytes: Uint8Array): ReadCheckpoint {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata["format"] !== FORMAT) {
    throw new CheckpointRefused(`The file says "${metadata["format"] ?? ""}", not "${FORMAT}"`);
  }
  if (metadata["step"] !== identityOf(step)) {
    throw new CheckpointRefused(
      `It belongs to the step ${metadata["step"] ?? "?"}, not to ${identityOf(step)}`,
    );
  }
  const dense = heldByTrainer(step).map(({ name, shape }) => {
    const held = floatsOf(tensors, name);
    if (!sameShape(held.dims, shape)) {
      throw new CheckpointRefused(`"${name}" is ${showShape(held.dims)}, not ${showShape(shape)}`);
    }
    return [name, held.data] as const;
  });
  const tables = step.state
    .filter(isTable)
    .map(({ name }) => [name, floatsOf(tensors, name)] as const);
  return {
    state: { t: wholeNumber(metadata, "t"), values: Object.fromEntries(dense) },
    seed: wholeNumber(metadata, "seed"),
    tables: Object.fromEntries(tables),
    counters: countersOf(metadata),
    writtenBy: metadata["writtenBy"] ?? "",
  };
}

const heldByTrainer = (step: TrainStep) => [
  ...step.state.filter((state) => !isTable(state)),
  ...step.frozen,
];

/** SHA-256 of the model that computes the step. */
const identityOf = (step: TrainStep): string =>
  createHash("sha256").update(step.model).digest("hex");

function floatsOf(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor<"float32"> {
  const held = tensors[name];
  if (held?.dtype !== "float32") throw new CheckpointRefused(`It has no float32 "${name}"`);
  return tensor("float32", held.dims, dataOf(held, "float32"));
}

function wholeNumber(metadata: Readonly<Record<string, string>>, name: string): number {
  const value = Number(metadata[name] ?? Number.NaN);
  if (!Number.isSafeInteger(value)) throw new CheckpointRefused(`${name} is no whole number`);
  return value;
}

function countersOf({ counters = "{}" }: Readonly<Record<string, string>>): Record<string, number> {
  const parsed: unknown = JSON.parse(counters);
  const entries = Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {});
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value !== "number")
        throw new CheckpointRefused(`The counter ${name} is no number`);
      return [name, value];
    }),
  );
}
