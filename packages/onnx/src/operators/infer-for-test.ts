import { inferNode } from "../infer-node.ts";
import type { Dim } from "../model.ts";
import { nodeOf, type Written } from "../passes/model-for-test.ts";
import type { Known } from "./operator.ts";

/** A float tensor of a shape, or whole numbers that are known; null is left out. */
export type Input =
  | readonly Dim[]
  | { readonly ints: readonly Dim[] }
  | { readonly int: Dim }
  | null;

function knownOf(input: Exclude<Input, null>): Known {
  if ("ints" in input) {
    return { dtype: "int64", shape: [input.ints.length], content: input.ints };
  }
  if ("int" in input) return { dtype: "int64", shape: [], content: [input.int] };
  return { dtype: "float32", shape: input, content: null };
}

export interface Row {
  readonly inputs: readonly Input[];
  readonly attributes?: Written;
  readonly domain?: string;
  readonly outputs?: number;
}

/** What the outputs of a node are said to be; sizes that depend on the data are "?". */
export function infer(
  op: string,
  { inputs, attributes = {}, domain = "", outputs = 1 }: Row,
): Known[] {
  const names = inputs.map((input, i) => (input === null ? "" : `x${i}`));
  const answers = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const known = (name: string): Known | undefined => {
    const input = inputs[Number(name.slice(1))];
    return input === null || input === undefined ? undefined : knownOf(input);
  };
  const node = { ...nodeOf(op, names, answers, attributes), domain };
  return [...inferNode(node, { known, unknown: () => "?" })].slice(0, outputs);
}
