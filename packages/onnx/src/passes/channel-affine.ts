import type { NodeDef, NumericTensor } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import { floatOf, intOf } from "./node-edit.ts";
import { loaded } from "./stored.ts";

/** y = x · factor + offset, with one of each for every channel (axis 1 of x). */
export interface ChannelAffine {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}

/** The value that a node changes so, and what the change is. */
export interface AffineStep {
  readonly input: string;
  /** @param rank axes of the input @returns undefined where it isn't one for each channel */
  of(channels: number, rank: number): ChannelAffine | undefined;
}

const EPSILON = 1e-5;

export const numbersOf = (tensor: NumericTensor): number[] =>
  Array.from<number | bigint, number>(loaded(tensor).data, Number);

/**
 * A node that multiplies and adds constants: BatchNormalization of inference; Add, Sub, Mul
 * and Div by a constant, as which some exporters write it; Identity.
 */
export function affineStep(
  node: NodeDef,
  constants: ReadonlyMap<string, NumericTensor>,
): AffineStep | undefined {
  const [first = "", second = ""] = node.inputs;
  if (node.op === "Identity") return { input: first, of: (channels) => identity(channels) };
  if (node.op === "BatchNormalization") return normalisation(node, constants);
  const right = constants.get(second);
  const left = constants.get(first);
  if ((right === undefined) === (left === undefined)) return undefined;
  const rule = right === undefined ? FROM_CONSTANT[node.op] : BY_CONSTANT[node.op];
  const constant = right ?? left;
  if (rule === undefined || constant === undefined) return undefined;
  return {
    input: right === undefined ? second : first,
    of(channels, rank) {
      const values = byChannel(constant, channels, rank);
      return values && affineOf(values.map(rule));
    },
  };
}

type Pair = readonly [factor: number, offset: number];
type Rule = (constant: number) => Pair;

const BY_CONSTANT: Readonly<Record<string, Rule>> = {
  Add: (c) => [1, c],
  Sub: (c) => [1, -c],
  Mul: (c) => [c, 0],
  Div: (c) => [1 / c, 0],
};

const FROM_CONSTANT: Readonly<Record<string, Rule>> = {
  Add: (c) => [1, c],
  Sub: (c) => [-1, c],
  Mul: (c) => [c, 0],
};

const affineOf = (pairs: readonly Pair[]): ChannelAffine => ({
  factor: pairs.map(([factor]) => factor),
  offset: pairs.map(([, offset]) => offset),
});

const identity = (channels: number): ChannelAffine =>
  affineOf(Array.from({ length: channels }, (): Pair => [1, 0]));

/** A constant that broadcasts along the channels only, as one number for each. */
function byChannel(constant: NumericTensor, channels: number, rank: number): number[] | undefined {
  if (constant.dims.length > rank) return undefined;
  if (sizeOf(constant.dims) === 1) {
    const [value = 0] = numbersOf(constant);
    return Array.from({ length: channels }, () => value);
  }
  const isAlongChannels =
    sizeOf(constant.dims) === channels &&
    constant.dims[constant.dims.length - rank + 1] === channels;
  return isAlongChannels ? numbersOf(constant) : undefined;
}

function normalisation(
  node: NodeDef,
  constants: ReadonlyMap<string, NumericTensor>,
): AffineStep | undefined {
  if (intOf(node, "training_mode", 0) !== 0) return undefined;
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((name) => constants.get(name));
  if (!scale || !bias || !mean || !variance || sizeOf(scale.dims) === 0) return undefined;
  const epsilon = floatOf(node, "epsilon") ?? EPSILON;
  const [scales, shifts, means, variances] = [scale, bias, mean, variance].map(numbersOf) as [
    number[],
    number[],
    number[],
    number[],
  ];
  const pairs = scales.map((value, i): Pair => {
    const factor = value / Math.sqrt((variances[i] ?? 0) + epsilon);
    return [factor, (shifts[i] ?? 0) - (means[i] ?? 0) * factor];
  });
  return {
    input: node.inputs[0] ?? "",
    of: (channels) => (pairs.length === channels ? affineOf(pairs) : undefined),
  };
}
