import { PassError } from "../errors.ts";
import type { Model, ModelTensor, NumericTensor } from "../model.ts";
import { matchesAny } from "../name-pattern.ts";
import type { NamePattern } from "../name-pattern.ts";
import { sizeOf } from "../tensor.ts";
import { fixedInitializers, loaded, stored } from "./stored.ts";

export interface PruneOptions {
  /** Which share of the weights becomes zero, 0 to 1. */
  readonly sparsity: number;
  /** Names of weights to prune. Default: all with two axes or more, so that biases stay. */
  readonly weights?: readonly NamePattern[];
  /**
   * Whether each weight tensor loses that share ("each", the default), or the smallest of all
   * go, whichever tensor they are in ("all").
   */
  readonly among?: "each" | "all";
}

export interface PrunedWeight {
  readonly name: string;
  readonly elements: number;
  readonly zeros: number;
}

export interface Pruned {
  readonly model: Model;
  readonly weights: readonly PrunedWeight[];
  /** Share of zeros in all of those weights together, those that were zero before included. */
  readonly sparsity: number;
}

/**
 * Sets the weights (float32 initialisers) of least magnitude to zero. The file keeps its size
 * but compresses, and a network that is trained on keeps the zeros if its trainer does.
 * @throws PassError for a sparsity outside of 0 to 1
 */
export function pruneByMagnitude(model: Model, options: PruneOptions): Pruned {
  const { sparsity, weights: patterns, among = "each" } = options;
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new PassError(`A sparsity of ${sparsity} is none: it is a share, 0 to 1`);
  }
  const chosen = [...fixedInitializers(model.graph).values()].filter(({ name, dtype, dims }) => {
    if (dtype !== "float32") return false;
    return patterns === undefined ? dims.length >= 2 : matchesAny(patterns, name);
  });
  const groups = among === "all" ? [chosen] : chosen.map((weight) => [weight]);
  const pruned = new Map<string, ModelTensor>();
  const report = groups.flatMap((group) =>
    pruneGroup(group, sparsity).map((weight) => {
      pruned.set(weight.name, weight);
      return { name: weight.name, elements: sizeOf(weight.dims), zeros: zerosOf(weight) };
    }),
  );
  const { graph } = model;
  const initializers = graph.initializers.map((tensor) => pruned.get(tensor.name) ?? tensor);
  const sum = (key: "elements" | "zeros"): number =>
    report.reduce((total, weight) => total + weight[key], 0);
  return {
    model: { ...model, graph: { ...graph, initializers } },
    weights: report,
    sparsity: sum("elements") === 0 ? 0 : sum("zeros") / sum("elements"),
  };
}

const floatsOf = (weight: NumericTensor): Float32Array => loaded(weight).data as Float32Array;

const zerosOf = (weight: NumericTensor): number =>
  floatsOf(weight).reduce((zeros, value) => zeros + (value === 0 ? 1 : 0), 0);

/** The same weights with that share of the smallest at zero, all of them taken together. */
function pruneGroup(group: readonly NumericTensor[], sparsity: number): NumericTensor[] {
  const magnitudes = new Float32Array(group.reduce((total, { dims }) => total + sizeOf(dims), 0));
  let filled = 0;
  for (const weight of group) {
    const values = floatsOf(weight);
    magnitudes.set(values.map(Math.abs), filled);
    filled += values.length;
  }
  magnitudes.sort();
  const count = Math.floor(sparsity * magnitudes.length);
  const threshold = count === 0 ? 0 : (magnitudes[count - 1] ?? 0);
  // Of several at the threshold only as many go as are still missing.
  let atThreshold = count - magnitudes.findIndex((value) => value >= threshold);

  return group.map(({ name, dims, ...weight }) => {
    const data = floatsOf({ name, dims, ...weight }).map((value) => {
      const magnitude = Math.abs(value);
      if (magnitude > threshold) return value;
      if (magnitude < threshold) return 0;
      return atThreshold-- > 0 ? 0 : value;
    });
    return stored(name, { dtype: "float32", dims, data });
  });
}
