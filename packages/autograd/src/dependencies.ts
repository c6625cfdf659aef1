import type { Node, Value } from "./value.ts";

/** Everything that a node computes from: its inputs in order, then what its subgraphs capture. */
export const reads = ({ inputs, captured }: Node): Node["inputs"] => [...inputs, ...captured];

/** `values` and everything that they are computed from. */
export function dependenciesOf(values: readonly (Value | null)[]): Set<Value> {
  const seen = new Set<Value>();
  const open = values.filter((value) => value !== null);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    if (value.node !== null) open.push(...reads(value.node).filter((input) => input !== null));
  }
  return seen;
}
