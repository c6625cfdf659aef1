import { decodeModel } from "../decode.ts";
import { DTYPES, elementsFrom } from "../dtype.ts";
import type { DType } from "../dtype.ts";
import { encodeModel } from "../encode.ts";
import type { GraphDef } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { BYTE_MUTATIONS } from "./mutate-bytes.ts";
import { MODEL_MUTATIONS } from "./mutate-model.ts";
import { randomFrom } from "./random.ts";

export interface Mutant {
  readonly number: number;
  /** What was done to it, e.g. "cut short". */
  readonly mutation: string;
  readonly bytes: Uint8Array;
  /** For the numbers that it is run on. */
  readonly feedSeed: number;
}

const MUTATIONS = [
  ...Object.keys(BYTE_MUTATIONS),
  // Twice: they reach the checks behind the reader, and the runtime.
  ...Object.keys(MODEL_MUTATIONS),
  ...Object.keys(MODEL_MUTATIONS),
];

/** Mutant `number` of these files: the same for the same seed, whatever came before it. */
export function mutantOf(corpus: readonly Uint8Array[], seed: number, number: number): Mutant {
  const random = randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ number);
  const original = random.pick(corpus);
  const mutation = random.pick(MUTATIONS);
  const onBytes = BYTE_MUTATIONS[mutation];
  const onModel = MODEL_MUTATIONS[mutation];
  let bytes = onBytes?.(original, random, corpus) ?? original;
  if (onModel !== undefined) {
    let model = onModel(decodeModel(original), random);
    // Some have more than one fault: the second may lie behind what the first opened.
    while (random.chance(0.2)) {
      const another = MODEL_MUTATIONS[random.pick(Object.keys(MODEL_MUTATIONS))];
      model = another?.(model, random) ?? model;
    }
    bytes = encodeModel(model);
  }
  return { number, mutation, bytes, feedSeed: random.below(2 ** 31) };
}

/** Something to run a model on: small sizes for its symbols, small numbers. */
export function feedsOf(graph: GraphDef, seed: number): Record<string, Tensor> {
  const random = randomFrom(seed);
  const initialised = new Set(graph.initializers.map(({ name }) => name));
  const free = 1 + random.below(2);
  const feeds: Record<string, Tensor> = {};
  for (const { name, dtype, shape } of graph.inputs) {
    const known = DTYPES.find((candidate): candidate is DType => candidate === dtype);
    if (initialised.has(name) || known === undefined) continue;
    const dims = (shape ?? []).map((dim) => (typeof dim === "number" ? dim : free));
    const numbers = Array.from({ length: sizeOf(dims) }, () => random.below(2));
    feeds[name] = { dtype: known, dims, data: elementsFrom(known, numbers) } as Tensor;
  }
  return feeds;
}
