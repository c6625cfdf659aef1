import { randomStream } from "@groundswell/autograd";
import { decodeSafetensors, encodeSafetensors, tensor, type Tensor } from "@groundswell/onnx";
import { z } from "zod";

import type { Architecture, ModelSettings, Weights } from "./recipe.ts";
import { architectureOf } from "./recipes/index.ts";

/** The weights that a model begins with: a function of its settings alone. */
export function initialWeights(settings: ModelSettings): Weights {
  return freshWeights(architectureOf(settings), settings.seed);
}

function freshWeights(architecture: Architecture, seed: number): Weights {
  const stream = randomStream(seed);
  const weights: Weights = { dense: {}, tables: {} };
  for (const [index, parameter] of architecture.parameters.entries()) {
    const dims = dimsOf(architecture, parameter);
    const value = tensor("float32", dims, parameter.initial(dims, stream, index));
    const kind = parameter.name in architecture.tableRows ? weights.tables : weights.dense;
    kind[parameter.name] = value;
  }
  return weights;
}

/** The shape of a parameter in plain memory, a table's rows counted. */
function dimsOf(
  { tableRows }: Architecture,
  { name, shape }: Architecture["parameters"][number],
): number[] {
  return shape.map((size, axis) => {
    const known = axis === 0 ? (tableRows[name] ?? size) : size;
    if (typeof known === "string") throw new RangeError(`Parameter "${name}" has no size ${known}`);
    return known;
  });
}

const FORMAT = "groundswell.weights/1";

const StoredSettings = z.object({
  recipe: z.enum(["image-classifier", "text-classifier"]),
  classes: z.array(z.string()),
  config: z.record(z.string(), z.unknown()),
  seed: z.number(),
});

/** Weights with the settings that they belong to, as a safetensors file: what a version's artifact is. */
export function encodeWeights(settings: ModelSettings, weights: Weights): Uint8Array {
  return encodeSafetensors(
    { ...weights.dense, ...weights.tables },
    {
      format: FORMAT,
      settings: settingsText(settings),
      tables: JSON.stringify(Object.keys(weights.tables)),
    },
  );
}

/** The same text for the same settings, whatever else the caller's object holds. */
export const settingsText = ({ recipe, classes, config, seed }: ModelSettings): string =>
  JSON.stringify({ recipe, classes, config, seed });

export const readSettings = (text: string): ModelSettings => StoredSettings.parse(JSON.parse(text));

/**
 * Tensors are views of `bytes`.
 *
 * @throws SafetensorsFormatError, or Error for a file that is not a model's weights
 */
export function decodeWeights(bytes: Uint8Array): { settings: ModelSettings; weights: Weights } {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if (metadata["format"] !== FORMAT)
    throw new Error(`Not weights of a model: its format is "${metadata["format"] ?? ""}"`);
  const settings = readSettings(metadata["settings"] ?? "");
  return { settings, weights: sorted(architectureOf(settings), tensors) };
}

/**
 * Picks a model's parameters out of tensors by name.
 * @throws Error where one is missing or has another shape
 */
export function sorted(
  architecture: Architecture,
  tensors: Readonly<Record<string, Tensor>>,
): Weights {
  const weights: Weights = { dense: {}, tables: {} };
  for (const parameter of architecture.parameters) {
    const { name } = parameter;
    const found = tensors[name];
    const dims = dimsOf(architecture, parameter);
    if (found?.dtype !== "float32" || found.dims.join() !== dims.join())
      throw new Error(
        `Parameter "${name}" should be float32 [${dims.join(", ")}], it is ` +
          (found ? `${found.dtype} [${found.dims.join(", ")}]` : "missing"),
      );
    (name in architecture.tableRows ? weights.tables : weights.dense)[name] = found;
  }
  return weights;
}

export const copyWeights = ({ dense, tables }: Weights): Weights => ({
  dense: copyTensors(dense),
  tables: copyTensors(tables),
});

const copyTensors = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, dims, data }]) => [
      name,
      { dtype, dims, data: data.slice() } as Tensor,
    ]),
  );
