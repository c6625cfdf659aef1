import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { initialState, type TrainStep } from "@groundswell/autograd";
import { decodeSafetensors, encodeSafetensors, type Tensor, tensor } from "@groundswell/onnx";

import type { Training, TrainingCase } from "./cases.ts";

/** Of first values. */
export const SEED = 1;

/** First values of everything that a step keeps: the same for both sides. */
export const firstState = (step: TrainStep) => initialState(step, SEED);

/** Weights and batches of a case in a folder of its own, where a peer reads them. */
export function writeCase(
  { network, learningRate }: TrainingCase,
  step: TrainStep,
  batches: readonly ReturnType<Training["batch"]>[],
): string {
  const folder = mkdtempSync(join(tmpdir(), "groundswell-engine-"));
  const { values } = firstState(step);
  const weights = step.parameters.map(({ name, shape }): [string, Tensor] => {
    const data = values[name] as Float32Array<ArrayBuffer>;
    return [name, tensor("float32", shape.map(Number), data)];
  });
  const inputs = batches.flatMap((batch, i) =>
    Object.entries(batch).map(([name, value]) => [`${i}/${name}`, value] as const),
  );
  const frozen = step.frozen.map(({ name }) => name);
  const about = { ...network, learningRate, frozen, batches: batches.length };
  writeFileSync(join(folder, "network.json"), JSON.stringify(about));
  writeFileSync(
    join(folder, "weights.safetensors"),
    encodeSafetensors(Object.fromEntries(weights)),
  );
  writeFileSync(join(folder, "batches.safetensors"), encodeSafetensors(Object.fromEntries(inputs)));
  return folder;
}

/** A case that `writeCase` wrote. */
export function readCase<Network>(folder: string): {
  readonly network: Network;
  readonly learningRate: number;
  readonly batches: readonly Record<string, Tensor>[];
} {
  const about = JSON.parse(readFileSync(join(folder, "network.json"), "utf8")) as Network & {
    readonly learningRate: number;
    readonly batches: number;
  };
  const { tensors } = decodeSafetensors(readFileSync(join(folder, "batches.safetensors")));
  const batches = Array.from({ length: about.batches }, (): Record<string, Tensor> => ({}));
  for (const [key, value] of Object.entries(tensors)) {
    const [index, name = ""] = key.split("/", 2);
    const batch = batches[Number(index)];
    if (batch !== undefined) batch[name] = value;
  }
  return { network: about, learningRate: about.learningRate, batches };
}

/** What the peer made of it: `losses`, and the weights under their names. */
export const readResult = (folder: string): Record<string, Tensor> =>
  decodeSafetensors(readFileSync(join(folder, "result.safetensors"))).tensors;
